-- A classifier of digits: LeNet's shape (LeCun et al. 1998) with today's parts.
local batch   = option("batch", 64, "images in a batch")
local lr      = option("lr", 1e-3, "learning rate at its height; it rises for 200 steps, then falls along a cosine")
local dropout = option("dropout", 0.25, "share of the numbers left out before the last layer")
local decay   = option("decay", 0.01, "weight decay")
local epochs  = option("epochs", 5, "how often each image is seen")

local net = nn.sequential("classifier", {
  nn.conv2d{32, kernel = 3, padding = 1, bias = false}, nn.batch_norm{}, nn.relu{}, nn.max_pool2d{2},          -- 28 -> 14
  nn.conv2d{64, kernel = 3, padding = 1, bias = false}, nn.batch_norm{}, nn.relu{}, nn.max_pool2d{2},          -- 14 ->  7
  nn.flatten{}, nn.linear{128}, nn.relu{}, nn.dropout{dropout},
  nn.linear{10},
})

local digits = data.mnist{batch = batch}
local total = epochs * (60000 // batch)
local adamw = optim.adamw{lr = schedule.warmup{schedule.cosine{lr, steps = total}, steps = 200}, weight_decay = decay}

local function step()
  local scores = net(digits)
  return {name = "loss", minimize = loss.cross_entropy(scores, digits.labels), params = net, with = adamw,
          report = {accuracy = loss.accuracy(scores, digits.labels)}}
end

return {steps = {step}, epochs = epochs}
