-- Requests of one class in turn, from networks without number, each connection asking once a second on average.
-- Arguments: file of lines `METHOD path token`, mean pause in milliseconds.

local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   requests, pause = {}, tonumber(args[2])
   good, refused, other, number = 0, 0, 0, 0
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
   if one[3] then headers["Authorization"] = "Bearer " .. one[3] end
   return wrk.format(one[1], one[2], headers, one[1] == "POST" and "" or nil)
end

function delay()
   if pause == 0 then return 0 end
   return math.floor(-pause * math.log(1 - math.random()))
end

function response(status)
   if status == 200 or status == 303 then good = good + 1
   elseif status == 503 then refused = refused + 1
   else other = other + 1 end
end

-- Which part of the answers took longer. (To walk through them all takes wrk minutes after a long run.)
function share_over(latency, limit)
   local low, high = 0, 100
   if latency.max <= limit then return 0 end
   for _ = 1, 20 do
      local middle = (low + high) / 2
      if latency:percentile(middle) > limit then high = middle else low = middle end
   end
   return 1 - high / 100
end

function done(summary, latency)
   local late, sums = 0, { good = 0, refused = 0, other = 0 }
   for _, thread in ipairs(threads) do
      for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
   end
   late = math.floor(summary.requests * share_over(latency, 1000000))
   local e = summary.errors
   io.write(string.format(
      'RESULT {"good":%d,"in_time":%d,"refused":%d,"other":%d,"answers":%d,"errors":%d,"p50_ms":%.1f,"p99_ms":%.1f}\n',
      sums.good, math.max(sums.good - late, 0), sums.refused, sums.other, summary.requests,
      e.connect + e.read + e.write + e.timeout, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
