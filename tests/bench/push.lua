-- Pushes, each of an image of its own, as docker-registry tells them.
local thread_count, number, thread_id = 0, 0, 0

function setup(thread)
    thread:set("thread_id", thread_count)
    thread_count = thread_count + 1
end

function init(args)
    host = args[1]
    number = 0
end

local envelope = '{"events":[{"id":"%s","timestamp":"2026-11-24T10:00:00Z","action":"push",' ..
    '"target":{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1234,' ..
    '"digest":"sha256:%s","length":1234,"repository":"team-%d/app","tag":"%d",' ..
    '"url":"http://%s/v2/team-%d/app/manifests/sha256:%s"},' ..
    '"request":{"id":"%s","addr":"127.0.0.1","host":"%s","method":"PUT","useragent":"skopeo"},' ..
    '"actor":{},"source":{"addr":"registry:5000","instanceID":"bench"}}]}'

function request()
    number = number + 1
    local digest = string.format("%016x%048x", thread_id, number)
    local team = number % 100
    local body = string.format(envelope, digest, digest, team, number, host, team, digest, digest, host)
    return wrk.format("POST", nil,
        {["Content-Type"] = "application/vnd.docker.distribution.events.v1+json"}, body)
end

function done(summary, latency)
    io.write(string.format('{"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "failed": %d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3, summary.errors.status + summary.errors.connect +
        summary.errors.read + summary.errors.write + summary.errors.timeout))
end
