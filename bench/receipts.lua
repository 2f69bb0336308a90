-- Sign-ups, each of somebody else. Argument: a word that no other run uses.

local threads = {}

function setup(thread)
   thread:set("number", #threads)
   table.insert(threads, thread)
end

function init(args)
   word, count = args[1], 0
   statuses = { ok = 0, other = 0 }
   headers = { ["Content-Type"] = "application/json" }
end

function request()
   count = count + 1
   local name = word .. number .. "x" .. count
   return wrk.format("POST", "/api/parvis/v1/admission/receipts", headers,
      '{"username": "' .. name .. '", "email": "' .. name .. '@mail.example"}')
end

function response(status)
   if status == 200 then statuses.ok = statuses.ok + 1 else statuses.other = statuses.other + 1 end
end

function done(summary, latency)
   local ok, other = 0, 0
   for _, thread in ipairs(threads) do
      local found = thread:get("statuses")
      ok, other = ok + found.ok, other + found.other
   end
   local e = summary.errors
   io.write(string.format('RESULT {"ok":%d,"other":%d,"errors":%d,"p50_ms":%.1f,"p99_ms":%.1f,"most_ms":%.1f}\n',
      ok, other, e.connect + e.read + e.write + e.timeout,
      latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
