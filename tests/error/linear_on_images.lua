--> @:2: linear "net.0": linear needs rows (N,C), but its input is 8x28x28x1; put nn.flatten{} before it
local net = nn.sequential("net", {nn.linear{10}})
local real = data.mnist{batch = 8}
return {steps = {function() return {minimize = loss.cross_entropy(net(real), real.labels), params = net, with = optim.sgd{lr = 0.1}} end}}
