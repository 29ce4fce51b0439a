--> @:3: a tensor has no "meen"; did you mean "mean"?
local real = data.mnist{batch = 8}
return {steps = {function() return {minimize = real.images:meen()} end}}
