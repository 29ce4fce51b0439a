--> @: the spec must return steps = a list of functions
return {steps = function() end}
