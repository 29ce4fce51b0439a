--> @:2: the spec ran for 500 million instructions without an end; is there an endless loop?
while true do pcall(function() while true do end end) end
