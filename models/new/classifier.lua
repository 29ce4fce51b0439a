-- A classifier to start from: which of ten classes is in the image?
--
--   burin check NAME                  says what is wrong, in milliseconds
--   burin train NAME                  trains; the curves go to out/runs
--   burin fmt NAME                    tidies the text
--
-- Burin runs this file once, records what it computes and makes C of that. Tensors are images (N,H,W,C): number, height, width,
-- channels; or rows (N,C). models/README.md in Burin's folder describes the language.

-- Options can be set for one run: --set lr=1e-4. Name, value, what it is.
local batch = option("batch", 64, "images in a batch")
local classes = option("classes", 10, "how many there are")
local lr = option("lr", 1e-3, "learning rate")

-- The data, with labels. Other sets: data.images{dir = "FOLDER", size = 64}, data.fashion_mnist, data.idx.
local digits = data.mnist{batch = batch}

-- The net: a layer a line, sizes behind it. The last one gives a score for each class.
local net = nn.sequential("classifier", {
  nn.conv2d{16, kernel = 3, padding = 1}, nn.relu{}, nn.max_pool2d{2},          -- 28x28 -> 14x14
  nn.conv2d{32, kernel = 3, padding = 1}, nn.relu{}, nn.max_pool2d{2},          -- 14x14 -> 7x7
  nn.flatten{}, nn.dropout{0.25},
  nn.linear{classes},
})

-- One training step: the loss, the nets that it trains, and with what.
local function step()
  local scores = net(digits)
  return {
    name = "loss",
    minimize = loss.cross_entropy(scores, digits.labels),
    params = net,
    with = optim.adamw{lr = lr},
    report = {accuracy = loss.accuracy(scores, digits.labels)},                 -- what is printed beside the loss
  }
end

return {steps = {step}, epochs = 3}
