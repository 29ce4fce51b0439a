-- matmul.lua: batched matrix products: matmul.c.
local text = module "cpu/text.lua"
local max, ceil = math.max, math.ceil
local product, shape_name, kernel, rows_of = text.product, text.shape_name, text.kernel, text.rows_of

local function batched(K) return K.op == "matmul" and #K.c > 2 end

local function rows_and_chunks(K)
  local rows = product(K.c) // K.c[#K.c]
  return rows, ceil(rows / max(1, rows // 64))
end

local function matmul_size(K)
  local _, chunks = rows_and_chunks(K)
  return {main = chunks, thread_bytes = 4 * K.c[#K.c]}
end

local function matmul_launch(K)
  local rank, rows, chunks = #K.c, rows_and_chunks(K)
  local function lead(s, z)
    local out, below = {}, 1
    for k = rank - 2, 1, -1 do
      local j = k - (rank - #s)
      if j >= 1 then out[j] = s[j] == 1 and "0" or ("(%s / %d %% %d)"):format(z, below, K.c[k]) end
      below = below * K.c[k]
    end
    return out
  end
  local function operand(s, i, transposed)
    return function(z, a, b)
      local index = lead(s, z)
      index[#index + 1], index[#index + 2] = transposed and b or a, transposed and a or b
      return value(i, index)
    end
  end
  local body = rows_of(rows, chunks) .. render("cpu/matmul.c", {
    M = K.c[rank - 1], NN = K.c[rank], K = K.ta and K.a[#K.a - 1] or K.a[#K.a],
    statements = text.statements, a_value = operand(K.a, 1, K.ta), b_value = operand(K.b, 2, K.tb),
    epilogue = function(z, m, n, a) local index = lead(K.c, z); index[#index + 1] = m; index[#index + 1] = n; return part(1, index, a) end})
  return kernel(K, "matmul_" .. shape_name(K.c), nil, body)
end

return {applies = batched, size = matmul_size, launch = matmul_launch}
