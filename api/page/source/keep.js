// What the browser remembers, where it lets us.

// The token: this tab only, gone with it.
export const session = drawer(() => sessionStorage);

// Language and colours: nothing that is secret.
export const choices = drawer(() => localStorage);

function drawer(storage) {
    return {
        get(name) {
            try {
                return storage().getItem(`tidewaiter.${name}`);
            } catch {
                return null; // storage is switched off
            }
        },
        set(name, value) {
            try {
                if (value) storage().setItem(`tidewaiter.${name}`, value);
                else storage().removeItem(`tidewaiter.${name}`);
            } catch {
                // then it is forgotten with the page
            }
        },
    };
}
