-- target.lua: the CPU target. gen/emit.c calls size(K) and launch(K, phase, barrier) for each kernel (K is described there, at
-- push_kernel), entry() after the launches of an entry point, code() and flags() at the end. Each kind of kernel has a file: the
-- Lua says how it splits into chunks and fills in the template of the same name.
local machine, text = module "cpu/machine.lua", module "cpu/text.lua"
local map, reduce, gather, dw = module "cpu/map.lua", module "cpu/reduce.lua", module "cpu/gather.lua", module "cpu/dw.lua"
local scatter, matmul, dwtaps = module "cpu/scatter.lua", module "cpu/matmul.lua", module "cpu/dwtaps.lua"
local wino, winodw = module "cpu/wino.lua", module "cpu/winodw.lua"
local min, max, ceil = math.min, math.max, math.ceil

local entries, launches, thread_bytes = {}, {}, 64

local contraction = text.by_shape(function(K)
  if K.kind == "dw" then return dwtaps.applies(K) and dwtaps or winodw.applies(K) and winodw or dw end
  return matmul.applies(K) and matmul or scatter.applies(K) and scatter or wino.applies(K) and wino or gather
end)

local function maker(K) return K.kind == "map" and map or K.kind == "reduce" and reduce or contraction(K) end

local target = {}

function target.size(K)
  local s = maker(K).size(K)
  thread_bytes = max(thread_bytes, ceil((s.thread_bytes or 0) / 64) * 64)
  return s
end

function target.launch(K, phase, barrier)
  local name, call, source = maker(K).launch(K, phase)
  launches[#launches + 1] = {call = call, chunks = K.chunks, barrier = barrier}
  return name, source, K.choice
end

function target.entry(symbol, comment)
  local rows = {}
  for k = 1, #launches, 12 do
    local row = {}
    for i = k, min(k + 11, #launches) do row[#row + 1] = ("{%d, %d}"):format(launches[i].chunks, launches[i].barrier and 1 or 0) end
    rows[#rows + 1] = "        " .. table.concat(row, ", ") .. ","
  end
  entries[#entries + 1] = render("cpu/entry.c", {ceil = ceil, symbol = symbol, comment = comment, launches = launches, table_of_launches = table.concat(rows, "\n")})
  launches = {}
end

-- The text: what all share, then units that can be compiled side by side (runtime/compiler.h)
function target.code(comment)
  local out = {}
  out[1] = render("cpu/prelude.c", {comment = comment, isa = isa, lanes = machine.lanes, registers = machine.registers, keep = machine.keep, pairs = machine.pairs, thread_bytes = thread_bytes})
  for _, f in ipairs(text.order) do out[#out + 1] = f.prototype end
  out[#out + 1] = text.units(text.order, 8192)
  out[#out + 1] = "\n/*---- unit ----*/\n"
  return table.concat(out, "\n") .. table.concat(entries, "\n")
end

-- a * b + c may be one rounding; nothing reads errno or the floating-point flags. Loops that templates leave as loops stay loops:
-- gcc would take half as long again to unroll them, and gain nothing. (clang does not know that flag, and need not say so.)
function target.flags()
  return isa_flags() .. " -fno-math-errno -fno-trapping-math -ffp-contract=fast --param=max-completely-peeled-insns=10 -Wno-unused-command-line-argument"
end

return target
