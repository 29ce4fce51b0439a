--> @:3: option noise is one of normal, uniform, not "unifrom"
--$ show _ --set noise=unifrom
local noise = option("noise", "normal", "distribution of the noise", {"normal", "uniform"})
