// Manifests and indexes, Docker schema 2 and OCI. Input is raw JSON bytes, hostile.
// https://github.com/opencontainers/image-spec: manifest.md, image-index.md, descriptor.md
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/digest.h"
#include "scanner/base/limits.h"
#include "scanner/base/seekable.h"
#include "scanner/base/span.h"

struct tw_descriptor {
    const char *media_type; // never NULL, may be ""
    struct tw_digest digest;
    uint64_t size_bytes;
    const char *os, *architecture, *variant, *os_version; // platform; NULL: not given
    bool attestation; // BuildKit's attestation manifest, or another artifact: not an image
    bool foreign;     // nondistributable layer
    struct tw_seekable seekable; // a layer; kind none: the manifest says nothing of it
};

enum tw_manifest_kind {
    TW_MANIFEST_IMAGE,
    TW_MANIFEST_INDEX,
    TW_MANIFEST_ARTIFACT, // Helm chart, signature, SBOM ...: not an image
};

struct tw_manifest {
    struct tw_arena *arena; // owns everything below
    enum tw_manifest_kind kind;
    const char *media_type;       // as decided: Content-Type, mediaType, shape
    const char *artifact_type;    // kind artifact: what it is, for the message; else NULL
    struct tw_digest digest;      // sha256 of the raw bytes
    struct tw_descriptor config;  // kind image
    struct tw_descriptor *layers; // kind image
    size_t layer_count;
    struct tw_descriptor *manifests; // kind index
    size_t manifest_count;
};

// The value of the Accept header for manifests.
extern const char tw_manifest_accept[];

bool tw_media_type_is_manifest(const char *media_type); // image or index, either family
bool tw_media_type_is_index(const char *media_type);

// content_type: of the HTTP answer, parameters allowed, or NULL. TW_E_FORMAT: not JSON, wrong
// shape, contradictory media types, both `manifests` and `layers`. TW_E_UNSUPPORTED: schema 1
// or an unknown kind. TW_E_LIMIT: bytes, depth, layers, manifests.
int tw_manifest_parse(struct tw_span json, const char *content_type, const struct tw_limits *limits,
    struct tw_manifest **ret_manifest, struct tw_err *err);
void tw_manifest_free(struct tw_manifest *manifest);
TW_DEFINE_AUTO(struct tw_manifest, tw_manifest_free)
