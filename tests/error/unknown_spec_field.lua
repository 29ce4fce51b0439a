--> @: what the spec returns has no field "step"; did you mean "steps"?
return {step = {}}
