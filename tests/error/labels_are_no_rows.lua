--> @:4: loss.cross_entropy needs rows (N,K), but its input is 8x1x1x10
local net = nn.sequential("net", {nn.conv2d{10, kernel = 28}})
local real = data.mnist{batch = 8}
return {steps = {function() return {minimize = loss.cross_entropy(net(real), real.labels), params = net, with = optim.sgd{lr = 0.1}} end}}
