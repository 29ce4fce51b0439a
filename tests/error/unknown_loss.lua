--> @:3: loss has no "crossentropy"; did you mean "cross_entropy"?
local real = data.mnist{batch = 8}
local function step() return {minimize = loss.crossentropy(real, 1)} end
return {steps = {step}}
