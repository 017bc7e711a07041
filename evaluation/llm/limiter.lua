-- One worker's step with the shared limit of an account and model: report, and learn what it may do.
--
-- KEYS[1]  hash: limit, epoch, not_before (ms), and per worker "held:<worker>" and "wants:<worker>"
-- KEYS[2]  sorted set: worker by the time (ms) until which its slots are its own
-- ARGV     worker, in_flight, wants, peak, successes, highest limit, step of growth, lease (ms),
--          epoch of a rate-limited call or -1, its Retry-After (ms) or 0, factor of a cut
-- Gives    slots granted, epoch, pause (ms), limit in thousandths
local state, workers = KEYS[1], KEYS[2]
local worker = ARGV[1]
local in_flight, wants, peak, successes = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local highest, step, lease = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local struck_in, retry_after, factor = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The slots of a worker that was killed come back when its lease runs out.
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', workers, '-inf', now)) do
  redis.call('ZREM', workers, gone)
  redis.call('HDEL', state, 'held:' .. gone, 'wants:' .. gone)
end

local others, held_by_others, somebody_waits = 0, 0, false
for _, other in ipairs(redis.call('ZRANGE', workers, 0, -1)) do
  if other ~= worker then
    local has = tonumber(redis.call('HGET', state, 'held:' .. other) or '0')
    others, held_by_others = others + 1, held_by_others + has
    if tonumber(redis.call('HGET', state, 'wants:' .. other) or '0') > has then somebody_waits = true end
  end
end

local limit = math.min(tonumber(redis.call('HGET', state, 'limit') or highest), highest)
local epoch = tonumber(redis.call('HGET', state, 'epoch') or '0')
local not_before = tonumber(redis.call('HGET', state, 'not_before') or '0')

-- A cut opens a new epoch. Calls started in an older one were already in flight when it was made: their being
-- turned away says nothing of the new limit, so each round trip cuts once.
if struck_in == epoch then
  limit = math.max(1, math.min(limit, peak + held_by_others) * factor)
  epoch = epoch + 1
  if retry_after > 0 then not_before = math.max(not_before, now + retry_after) end
elseif struck_in < 0 and (peak + held_by_others) * 2 >= limit then -- only what was tried can be trusted
  limit = math.min(highest, limit + successes * step / limit)
end

local share = limit
if somebody_waits then share = math.max(1, math.floor(limit / (others + 1))) end
local granted = math.max(0, math.floor(math.min(wants, limit - held_by_others, share)))

redis.call('HSET', state, 'limit', tostring(limit), 'epoch', epoch, 'not_before', not_before,
  'held:' .. worker, math.max(granted, in_flight), 'wants:' .. worker, wants)
redis.call('ZADD', workers, now + lease, worker)
redis.call('EXPIRE', state, 3600)
redis.call('EXPIRE', workers, 3600)
return {granted, epoch, math.max(0, not_before - now), math.floor(limit * 1000)}
