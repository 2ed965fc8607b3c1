// Dockerfiles: what BuildKit's documented grammar makes of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "scanner/base/buf.h"
#include "scanner/image/dockerfile.h"

static struct tw_dockerfile *parse(const char *text)
{
    struct tw_dockerfile *file = NULL;
    struct tw_err err = {0};
    if (tw_dockerfile_parse(tw_span_str(text), &tw_limits_default, &file, &err) < 0)
        fail_msg("%s", err.msg);
    return file;
}

// "NAME=value ..." of the last stage, own and inherited through the file's stages.
struct env_row {
    const char *text;
    const char *name, *value; // value NULL: not set; "?": cannot be told
};

static void env__forms_and_substitution__as_buildkit(void **state)
{
    (void)state;
    static const struct env_row rows[] = {
        {"FROM scratch\nENV A=b", "A", "b"},
        {"FROM scratch\nENV A b c", "A", "b c"},
        {"FROM scratch\nENV A=1 \\\n  # a comment\n\n  B=2\nENV C=3", "B", "2"},
        {"FROM scratch\nENV abc=hello\nENV abc=bye def=$abc", "def", "hello"},
        {"ARG V=1\nFROM scratch\nENV A=$V", "A", ""},
        {"ARG V=1\nFROM scratch\nARG V\nENV A=$V", "A", "1"},
        {"ARG V=1\nFROM scratch\nARG V=2\nENV A=$V", "A", "2"},
        {"FROM scratch\nARG V=1\nENV V=2\nENV A=$V", "A", "2"},
        {"FROM scratch\nARG V\nENV A=${V:-d}", "A", "d"},
        {"FROM scratch\nARG TARGETARCH\nENV A=$TARGETARCH", "A", "?"},
        {"FROM debian\nENV A=$PATH:/x", "A", "?"},
        {"FROM debian\nENV P=/y\nENV A=$P:/x", "A", "/y:/x"},
        {"FROM scratch AS one\nENV A=b\nFROM one\nENV C=$A", "C", "b"},
        {"FROM scratch AS one\nENV A=b\nFROM one AS two\nFROM TWO", "A", "b"},
        {"FROM scratch AS one\nENV A=b\nFROM scratch", "A", NULL},
        {"FROM scratch AS one\nENV A=b\nFROM 0", "A", NULL}, // BuildKit: FROM takes names only
        {"# escape=`\nFROM scratch\nENV A=c:\\dir\\ B=x`\n  C=d", "A", "c:\\dir\\"},
        {"# escape=`\nFROM scratch\nENV A=c:\\dir\\ B=x`\n  C=d", "B", "x"},
        {"# a comment\n# escape=`\nFROM scratch\nENV A=b\\\n C=d", "C", "d"},
        {"\xEF\xBB\xBF# syntax=docker/dockerfile:1\r\nFROM scratch\r\nENV A=b\\\r\n  C=d\r\n", "C",
            "d"},
        {"  from scratch\n  env A=b", "A", "b"},
        {"FROM scratch\nONBUILD ENV A=b", "A", NULL},
        {"FROM scratch\nENV A=b\\\\\nENV C=d", "A", "b\\"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_dockerfile *file = parse(rows[i].text);
        const struct tw_docker_env *env =
            tw_docker_stage_env(file, file->stage_count - 1, rows[i].name);
        if (rows[i].value) {
            assert_non_null(env);
            assert_string_equal(env->value ? env->value : "?", rows[i].value);
        } else {
            assert_null(env);
        }
        tw_dockerfile_free(file);
    }
}

static void from__golang_images__the_version_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *text, *go; // "": a golang image of no known version; NULL: none
    } rows[] = {
        {"FROM golang:1.22-alpine", "1.22"},
        {"FROM --platform=$BUILDPLATFORM golang:1.27.4-bookworm AS build", "1.27.4"},
        {"FROM mirror.example:5000/library/golang:1.23rc1@sha256:00", "1.23rc1"},
        {"ARG V=1.26\nFROM golang:${V}-trixie", "1.26"},
        {"ARG V=1.26\nARG IMAGE=golang:$V\nFROM $IMAGE", "1.26"},
        {"FROM golang", ""},
        {"FROM golang:latest", ""},
        {"FROM golang:1-alpine", ""},
        {"FROM golang:1.22 AS a\nFROM a", "1.22"},
        {"FROM golang:1.22 AS a\nFROM alpine", NULL},
        {"FROM example/golang-app:1.22", NULL},
        {"FROM debian:12", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_dockerfile *file = parse(rows[i].text);
        const struct tw_docker_stage *last = &file->stages[file->stage_count - 1];
        assert_int_equal(last->has_go, rows[i].go != NULL);
        assert_string_equal(last->go ? last->go : "", rows[i].go ? rows[i].go : "");
        tw_dockerfile_free(file);
    }
}

static void traces__run_copy_and_other_stages__with_line_and_go(void **state)
{
    (void)state;
    static const struct {
        const char *text, *traces;
    } rows[] = {
        {"FROM golang:1.22 AS b\nENV GOEXPERIMENT=arenas\nRUN go env -w GOROOT_FINAL=/x\nFROM "
         "alpine\n"
         "ENV GODEBUG=mmap=1",
            "go-env-w GOROOT_FINAL=/x@3 1.22; set GOEXPERIMENT=arenas@2 1.22"},
        {"FROM golang:1.21\nRUN <<EOF\nset -e\ngo env -w GOFLAGS=-mod=mod\nEOF\nRUN go build",
            "go-env-w GOFLAGS=-mod=mod@2 1.21; go-build build=?@6 1.21"},
        {"FROM golang:1.21\nRUN <<EOF cat > f\nexport GOGC=1\nEOF", ""},
        {"FROM golang:1.21\nRUN <<-\"EOF\"\n\texport GOGC=1\n\tEOF\nENV X=1", "set GOGC=1@2 1.21"},
        {"FROM golang:1.21\nRUN [\"go\", \"env\", \"GOROOT_FINAL\"]",
            "go-env GOROOT_FINAL=?@2 1.21"},
        {"FROM golang:1.22 AS b\nFROM alpine\nCOPY --from=b /usr/local/go /usr/local/go\n"
         "COPY --from=golang:1.21 /usr/local/go/ /usr/local/",
            "copy /usr/local/go=/usr/local/go@3 -; copy /usr/local/go=/usr/local/@4 -"},
        {"FROM golang:1.22\nARG GOEXPERIMENT=gorootnew\nRUN true",
            "set GOEXPERIMENT=gorootnew@2 1.22"},
        {"FROM golang:1.22\nARG GOEXPERIMENT=\nARG GOFLAGS\nRUN true", ""},
        {"FROM golang:1.22\nARG V=1.2\nRUN go build -ldflags \"-X main.v=${V}\" .",
            "go-flag -ldflags=-X main.v=1.2@3 1.22; go-build build=?@3 1.22"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_dockerfile *file = parse(rows[i].text);
        struct tw_buf out = TW_BUF(1 << 16);
        for (size_t t = 0; t < file->trace_count; t++) {
            const struct tw_trace *trace = &file->traces[t];
            tw_buf_printf(&out, "%s%s %s=%s@%d %s", t ? "; " : "", tw_trace_kind_name(trace->kind),
                trace->name, trace->value ? trace->value : "?", (int)trace->line,
                trace->go ? trace->go : "-");
        }
        assert_string_equal(out.data ? out.data : "", rows[i].traces);
        tw_buf_done(&out);
        tw_dockerfile_free(file);
    }
}

static void programs__built_and_copied__known_by_their_path_in_the_last_stage(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path; // path NULL: none; "?": not known where
    } rows[] = {
        {"FROM golang:1.22 AS b\nWORKDIR /src\nRUN go build -o app .\nFROM scratch\n"
         "COPY --from=b /src/app /usr/bin/app",
            "usr/bin/app"},
        {"FROM golang:1.22 AS b\nWORKDIR /src\nRUN go build -o ./app\nFROM alpine\nWORKDIR /opt\n"
         "COPY --from=0 [\"/src/app\", \"./\"]",
            "opt/app"},
        {"FROM golang:1.22 AS b\nRUN go build -o /out/ ./...\nFROM scratch\nCOPY --from=b /out "
         "/bin",
            "bin/"},
        {"FROM golang:1.22 AS b\nRUN go install ./cmd/app\nFROM scratch\n"
         "COPY --from=b /go/bin/app /app",
            "?"},
        {"FROM golang:1.22\nRUN go build -o /app", "app"},
        {"FROM golang:1.22 AS b\nRUN go build -o /app\nFROM scratch", NULL},
        {"FROM golang:1.22 AS b\nRUN go test ./...\nFROM scratch\nCOPY --from=b / /", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_dockerfile *file = parse(rows[i].text);
        assert_int_equal(file->program_count, rows[i].path ? 1 : 0);
        if (rows[i].path)
            assert_string_equal(
                *file->programs[0].path ? file->programs[0].path : "?", rows[i].path);
        tw_dockerfile_free(file);
    }
}

static void process__shell_and_json_form__as_the_image_gets_it(void **state)
{
    (void)state;
    struct tw_dockerfile *file =
        parse("FROM scratch AS a\nCMD one\nFROM a\nENTRYPOINT [\"/app\", \"-x\"]\n");
    const struct tw_docker_stage *last = &file->stages[1];
    assert_int_equal(last->entrypoint_count, 2);
    assert_string_equal(last->entrypoint[1], "-x");
    assert_int_equal(last->cmd_count, 0); // ENTRYPOINT takes the base's CMD away
    assert_string_equal(file->stages[0].cmd[2], "one");
    tw_dockerfile_free(file);
}

static void text__not_a_dockerfile__error_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "there is no FROM: this is no Dockerfile"},
        {"RUN make", "line 1: RUN stands in front of the first FROM"},
        {"FROM scratch\n\nFORM x", "line 3: \"FORM\" is no Dockerfile instruction"},
        {"FROM", "line 1: FROM takes IMAGE or IMAGE AS NAME"},
        {"FROM a b c", "line 1: FROM takes IMAGE or IMAGE AS NAME"},
        {"FROM a AS b c", "line 1: FROM takes IMAGE or IMAGE AS NAME"},
        {"# escape=x\nFROM a", "line 1: the escape directive must be \\ or `"},
        {"FROM a\nRUN <<EOF\nmake", "line 2: the here-document \"EOF\" has no end"},
        {"FROM a\nENV A", "line 2: ENV: \"ENV A\" has no value"},
        {"FROM a\nENV A=b c", "line 2: ENV: \"c\" must have the form NAME=value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_dockerfile *file = NULL;
        struct tw_err err = {0};
        int r = tw_dockerfile_parse(tw_span_str(rows[i].text), &tw_limits_default, &file, &err);
        assert_int_equal(r, TW_E_FORMAT);
        assert_string_equal(err.msg, rows[i].says);
    }
}

static void limits__one_past__limit(void **state)
{
    (void)state;
    struct tw_limits limits = tw_limits_default;
    struct tw_dockerfile *file = NULL;
    struct tw_err err = {0};
    limits.dockerfile_steps = 2;
    assert_int_equal(tw_dockerfile_parse(tw_span_str("FROM a\nRUN b"), &limits, &file, &err), 0);
    tw_dockerfile_free(file);
    assert_int_equal(
        tw_dockerfile_parse(tw_span_str("FROM a\nRUN b\nRUN c"), &limits, &file, &err), TW_E_LIMIT);
    assert_string_equal(err.msg, "line 3: more than 2 instructions (limit dockerfile_steps)");
    limits.image_env = 2;
    limits.dockerfile_steps = 9;
    assert_int_equal(
        tw_dockerfile_parse(tw_span_str("FROM a\nENV A=1 B=2"), &limits, &file, &err), 0);
    tw_dockerfile_free(file);
    assert_int_equal(
        tw_dockerfile_parse(tw_span_str("FROM a\nENV A=1 B=2 C=3"), &limits, &file, &err),
        TW_E_LIMIT);
    assert_string_equal(err.msg, "line 2: more than 2 variables (limit image_env)");
    limits.dockerfile_bytes = 12;
    assert_int_equal(
        tw_dockerfile_parse(tw_span_str("FROM a\nRUN bc"), &limits, &file, &err), TW_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(env__forms_and_substitution__as_buildkit),
        cmocka_unit_test(from__golang_images__the_version_is_known),
        cmocka_unit_test(traces__run_copy_and_other_stages__with_line_and_go),
        cmocka_unit_test(programs__built_and_copied__known_by_their_path_in_the_last_stage),
        cmocka_unit_test(process__shell_and_json_form__as_the_image_gets_it),
        cmocka_unit_test(text__not_a_dockerfile__error_with_its_line),
        cmocka_unit_test(limits__one_past__limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
