"""What a kubelet makes of a container: the argv and the environment of its process."""



def expand(text, variables):
    """$(NAME) of what is known, $$ is $; all else stays as it is (k8s third_party/forked/expansion)."""
    out, i = [], 0
    while i < len(text):
        if text[i] == "$" and i + 1 < len(text):
            if text[i + 1] == "$":
                out.append("$")
                i += 2
                continue
            end = text.find(")", i + 2)
            if text[i + 1] == "(" and end > 0:
                name = text[i + 2:end]
                out.append(variables.get(name, f"$({name})"))
                i = end + 1
                continue
            out.append(text[i:i + 2])  # "$x" and "$(" without an end
            i += 2
            continue
        out.append(text[i])
        i += 1
    return "".join(out)


def environment(container, image, known=None):
    """The process's: image (a dict of its ENV) under the Pod's. known: values of valueFrom by name."""
    own = {}
    for variable in container.get("env", []):
        name = variable["name"]
        if "valueFrom" in variable:
            own[name] = known[name]
        else:
            own[name] = expand(variable.get("value", ""), own)
    return {**image, **own}, own


def process(container, image_env, entrypoint, known=None):
    """(argv, environment)"""
    env, own = environment(container, image_env, known)
    command = [expand(a, own) for a in container.get("command", [])]
    args = [expand(a, own) for a in container.get("args", [])]
    return (command or entrypoint) + args, env
