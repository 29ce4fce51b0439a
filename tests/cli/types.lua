-- Prints all words of the language, one a line, with their options: what models/types/burin.lua must declare.
local standard = {}
for name in ("assert error ipairs next pairs pcall print rawequal rawget rawlen rawset require select setmetatable getmetatable " ..
             "tonumber tostring type xpcall math string table utf8 _VERSION"):gmatch("%S+") do standard[name] = true end

-- What a function of one table takes: it says so itself when it is given more than that.
local function options(f)
  local _, message = pcall(f, {}, {})
  local names = {}
  for name in (tostring(message):match("takes one table of options: [%w._]+{(.*)}") or ""):gmatch("[%w_]+") do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, ",")
end

for name, v in pairs(_ENV) do
  if type(v) == "function" and not standard[name] then print(name .. " ") end
  for key, f in pairs(type(v) == "table" and not standard[name] and v or {}) do
    if name == "random" then print(name .. "." .. key .. " " .. (key == "uniform" and "hi,lo" or ""))
    else print(name .. "." .. key .. " " .. options(f)) end
  end
end
for name in pairs(require "lib.tensor") do if name ~= "of" then print("Tensor:" .. name .. " ") end end

local layer, net = nn.flatten{}, nn.sequential("net", {nn.flatten{}, nn.linear{10}})
for name in pairs(getmetatable(layer)) do if not name:match("^__") and name ~= "setup" then print("Layer:" .. name .. " ") end end
for name in pairs(getmetatable(net)) do if not name:match("^__") and name ~= "run" then print("Net:" .. name .. " ") end end

local set = data.mnist{batch = 4}
for name in pairs(set) do if name ~= "id" and name ~= "range" then print("DataSet:" .. name .. " ") end end
local function step()
  for _, name in ipairs{"images", "labels"} do if set[name] then print("DataSet:" .. name .. " ") end end
  return {minimize = loss.cross_entropy(net(set), set.labels), params = net, with = optim.sgd{lr = 0.1}}
end
return {steps = {step}}
