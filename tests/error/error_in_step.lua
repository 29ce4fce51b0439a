--> @:3: attempt to index a nil value (field 'imges')
local sets = {images = data.mnist{batch = 8}}
local function step() return sets.imges.labels end
return {steps = {step}}
