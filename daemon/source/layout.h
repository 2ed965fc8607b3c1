// Inside daemon/source/: an OCI image layout, in whatever holds its files.
// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
#pragma once

#include "daemon/source/files.h"

// Reads index.json and chooses the image. tag NULL: the only one, or all of them when
// index.json itself is a multi-platform index of unnamed images. Takes `files` over (also on
// failure). TW_E_USAGE and TW_E_NOT_FOUND list the tags.
int tw_layout_open(struct tw_files *files, const char *tag, const struct tw_limits *limits,
    struct tw_source **ret_source, struct tw_err *err);

// Whether two names mean the same image, as people shorten them: "app:1" is
// "docker.io/library/app:1".
bool tw_layout_same_name(const char *a, const char *b);

int tw_oci_open(const char *name, const struct tw_source_options *options,
    struct tw_source **ret_source, struct tw_err *err);
int tw_oci_archive_open(const char *name, const struct tw_source_options *options,
    struct tw_source **ret_source, struct tw_err *err);
int tw_docker_archive_open(const char *name, const struct tw_source_options *options,
    struct tw_source **ret_source, struct tw_err *err);
