--> @:3: a data set has no "label"; did you mean "labels"?
local real = data.mnist{batch = 8}
return {steps = {function() return {minimize = real.label:mean()} end}}
