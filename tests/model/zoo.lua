-- What the models in models/ do not use of the library, in three small nets, for tests/unit/model.c. Kinks are few here.
local batch = option("batch", 16, "images in a batch")
local real = data.mnist{batch = batch, range = {-1, 1}}

local A = nn.sequential("a", {
  nn.avg_pool2d{2}, nn.conv2d{8, kernel = {3, 2}, stride = 2, padding = {1, 0}, init = init.he(0.5)},          -- 28 -> 14 -> 7
  nn.group_norm{4}, nn.gelu{},
  nn.residual{nn.conv2d{8, kernel = 3, padding = 1, init = init.xavier()}, nn.instance_norm{affine = true}, nn.elu{1.0}},
  nn.skip{nn.conv2d{4, kernel = 1}, nn.layer_norm{}, nn.softplus{}},                                           -- 8 + 4 channels
  nn.conv_transpose2d{5, kernel = 3, stride = 2, padding = 1, output_padding = 1}, nn.func(function(x) return x:tanh() * 2 end),
  nn.global_avg_pool{}, nn.linear{10, init = init.uniform(-0.5, 0.5)}, nn.selu{},
})
local function a_step()
  return {name = "loss_A", minimize = loss.cross_entropy(A(real), real.labels), params = A,
          with = optim.sgd{lr = schedule.linear{0.5, to = 0.1, steps = 8}, momentum = 0.9, nesterov = true, weight_decay = 0.01, clip = 0.5, ema = 0.8}}
end

local B = nn.sequential("b", {
  nn.spectral_norm(nn.conv2d{6, kernel = 4, stride = 4}), nn.silu{},
  nn.flatten{}, nn.spectral_norm(nn.linear{1}),
})
local function b_step()
  local fake = random.uniform{batch, 28, 28, 1, lo = -1, hi = 1}
  local real_score, fake_score = B(real), B(fake)
  return {name = "loss_B", minimize = loss.hinge_d(real_score * 3, fake_score * 3) + 0.5 * loss.r1(B, real) + loss.hinge_g(fake_score), params = B,
          with = optim.rmsprop{lr = schedule.warmup{schedule.step{2e-3, factor = 0.5, every = 4}, steps = 3}, weight_decay = 0.01},
          report = {{"averaged", (A:averaged(real) * A:eval(real)):mean()}}}
end

local C = nn.sequential("c", {
  nn.embedding{classes = 10, out = 8}, nn.layer_norm{affine = false}, nn.linear{3}, nn.batch_norm{affine = false, momentum = 0.3}, nn.softmax{},
})
local function c_step()
  local p = C(real.labels)
  return {name = "loss_C", params = C, with = optim.adam{lr = 1e-2, weight_decay = 0.1},
          minimize = loss.bce(p, 0.3) + loss.l1(p, 0.45) + loss.mse(p, stop(p * p)) + loss.bce_logits(p:log(), p) + p:slice({1, 2}, {nil, 3}):pow(1.5):mean()}
end

return {steps = {a_step, b_step, c_step}}
