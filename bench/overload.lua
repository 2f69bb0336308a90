-- Requests of one class in turn, from networks without number, each connection asking once a second on average.
-- Arguments: file of lines `METHOD path token`, mean pause in milliseconds.

local ffi = require("ffi")
ffi.cdef [[ typedef struct { long s; long us; } moment_of_day; int gettimeofday(moment_of_day *now, void *zone); ]]

local threads = {}
local moment = ffi.new("moment_of_day")

local function now_ms()
   ffi.C.gettimeofday(moment, nil)
   return tonumber(moment.s % 1000000) * 1000 + tonumber(moment.us) / 1000
end

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   requests, pause = {}, tonumber(args[2])
   good, in_time, refused, other, number = 0, 0, 0, 0, 0
   math.randomseed(os.time())
   for line in io.lines(args[1]) do
      local method, path, token = line:match("(%S+) (%S+) (%S+)")
      requests[#requests + 1] = { method, path, token ~= "-" and token or nil }
   end
end

function request()
   number = number + 1
   local one = requests[number % #requests + 1]
   local headers = { ["X-Forwarded-For"] = "203." .. math.random(250) .. "." .. math.random(250) .. ".7" }
   headers["X-Bench-Asked"] = string.format("%.0f", now_ms())
   if one[3] then headers["Authorization"] = "Bearer " .. one[3] end
   return wrk.format(one[1], one[2], headers, one[1] == "POST" and "" or nil)
end

function delay()
   if pause == 0 then return 0 end
   return math.floor(-pause * math.log(1 - math.random()))
end

-- The server gives the moment back at which it was asked (bench/server.py): refusals that wait are not late answers.
function response(status, headers)
   if status == 200 or status == 303 then
      good = good + 1
      local asked = tonumber(headers["x-bench-asked"])
      if asked and now_ms() - asked <= 1000 then in_time = in_time + 1 end
   elseif status == 503 then refused = refused + 1
   else other = other + 1 end
end

function done(summary, latency)
   local sums = { good = 0, in_time = 0, refused = 0, other = 0 }
   for _, thread in ipairs(threads) do
      for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
   end
   local e = summary.errors
   io.write(string.format(
      'RESULT {"good":%d,"in_time":%d,"refused":%d,"other":%d,"answers":%d,"errors":%d,"p50_ms":%.1f,"p99_ms":%.1f}\n',
      sums.good, sums.in_time, sums.refused, sums.other, summary.requests,
      e.connect + e.read + e.write + e.timeout, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
