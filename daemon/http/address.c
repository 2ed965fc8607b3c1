#include "daemon/http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "scanner/base/mem.h"

struct block {
    uint8_t address[16];
    uint8_t bits;
    enum tw_address_kind kind;
};

// First match wins: single addresses of metadata services lie inside of larger blocks.
static const struct block blocks4[] = {
    {{169, 254, 169, 254}, 32, TW_ADDRESS_METADATA}, // AWS, Azure, GCP, OpenStack ...
    {{169, 254, 170, 2}, 32, TW_ADDRESS_METADATA},   // AWS ECS task credentials
    {{169, 254, 170, 23}, 32, TW_ADDRESS_METADATA},  // AWS EKS pod identity
    {{100, 100, 100, 200}, 32, TW_ADDRESS_METADATA}, // Alibaba Cloud
    {{168, 63, 129, 16}, 32, TW_ADDRESS_METADATA},   // Azure's host agent
    {{192, 0, 0, 192}, 32, TW_ADDRESS_METADATA},     // Oracle Cloud
    {{0}, 8, TW_ADDRESS_UNUSABLE},                   // Linux takes 0.0.0.0 for loopback
    {{127}, 8, TW_ADDRESS_LOOPBACK}, {{169, 254}, 16, TW_ADDRESS_LINK_LOCAL},
    {{224}, 4, TW_ADDRESS_UNUSABLE}, // multicast
    {{240}, 4, TW_ADDRESS_UNUSABLE}, // reserved, broadcast
};

static const struct block blocks6[] = {
    {{0xFD, 0x00, 0x0E, 0xC2, [15] = 0x54, [14] = 0x02}, 128, TW_ADDRESS_METADATA}, // AWS
    {{0xFD, 0x00, 0x0E, 0xC2, [15] = 0x23}, 128, TW_ADDRESS_METADATA}, // AWS EKS pod identity
    {{0xFD, 0x00, 0x00, 0xC1, [12] = 0xA9, 0xFE, 0xA9, 0xFE}, 128, TW_ADDRESS_METADATA}, // Oracle
    {{0xFD, 0x20, 0x00, 0xCE, [15] = 0x54, [14] = 0x02}, 128, TW_ADDRESS_METADATA},      // GCP
    {{[15] = 1}, 128, TW_ADDRESS_LOOPBACK}, {{0}, 128, TW_ADDRESS_UNUSABLE},
    {{0xFE, 0x80}, 10, TW_ADDRESS_LINK_LOCAL}, {{0xFF}, 8, TW_ADDRESS_UNUSABLE}, // multicast
};

// Where IPv6 holds an IPv4 address, at which byte.
static const struct {
    uint8_t prefix[16];
    uint8_t bits, at;
} embedded[] = {
    {{[10] = 0xFF, [11] = 0xFF}, 96, 12}, // mapped, ::ffff:0:0/96
    {{0x00, 0x64, 0xFF, 0x9B}, 96, 12},   // NAT64, 64:ff9b::/96
    {{0x20, 0x02}, 16, 2},                // 6to4
};

static bool within(const uint8_t *address, const uint8_t *block, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(address, block, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ block[whole]) >> (8 - rest) == 0;
}

static enum tw_address_kind find(const uint8_t *address, const struct block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (within(address, blocks[i].address, blocks[i].bits))
            return blocks[i].kind;
    }
    return TW_ADDRESS_ORDINARY;
}

static enum tw_address_kind kind_of_v6(const uint8_t *address)
{
    for (size_t i = 0; i < TW_COUNT(embedded); i++) {
        if (within(address, embedded[i].prefix, embedded[i].bits))
            return find(address + embedded[i].at, blocks4, TW_COUNT(blocks4));
    }
    return find(address, blocks6, TW_COUNT(blocks6));
}

enum tw_address_kind tw_address_kind_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return find((const uint8_t *)&v4.sin_addr, blocks4, TW_COUNT(blocks4));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return kind_of_v6(v6.sin6_addr.s6_addr);
    }
    return TW_ADDRESS_UNUSABLE;
}

enum tw_address_kind tw_address_kind_of_host(const char *host)
{
    static const char local[] = ".localhost"; // RFC 6761 section 6.3
    size_t n = strlen(host), k = sizeof local - 1;
    if (strcasecmp(host, "localhost") == 0 || (n > k && strcasecmp(host + n - k, local) == 0))
        return TW_ADDRESS_LOOPBACK;
    uint8_t address[16];
    if (inet_pton(AF_INET, host, address) == 1)
        return find(address, blocks4, TW_COUNT(blocks4));
    if (inet_pton(AF_INET6, host, address) == 1)
        return kind_of_v6(address);
    return TW_ADDRESS_ORDINARY;
}

static const char *const names[] = {
    [TW_ADDRESS_ORDINARY] = "ordinary",
    [TW_ADDRESS_LOOPBACK] = "loopback",
    [TW_ADDRESS_LINK_LOCAL] = "link-local",
    [TW_ADDRESS_METADATA] = "cloud metadata",
    [TW_ADDRESS_UNUSABLE] = "unspecified or multicast",
};

const char *tw_address_kind_name(enum tw_address_kind kind)
{
    return names[kind];
}

bool tw_address_guard_allows(const struct tw_address_guard *guard, enum tw_address_kind kind)
{
    if (kind == TW_ADDRESS_METADATA)
        return false;
    return guard->any || kind == TW_ADDRESS_ORDINARY || kind == guard->allowed;
}
