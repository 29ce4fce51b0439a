--> @:2: group_norm "net.1": 3 groups do not divide 8 channels
local net = nn.sequential("net", {nn.conv2d{8, kernel = 3}, nn.group_norm{3}, nn.flatten{}, nn.linear{1}})
local real = data.mnist{batch = 8}
return {steps = {function() return {minimize = net(real):mean(), params = net, with = optim.sgd{lr = 1}} end}}
