#!/usr/bin/env bash
# burin fmt: how it lays a text out; that it is the same the second time; that nothing but its layout changes.
. "$(dirname "$0")/lib.bash"

run fmt --check models/*.lua models/lib/*.lua models/new/*.lua models/types/*.lua
same "fmt: all of models/ is laid out" "$status $err" "0 "

printf '\n\nlocal x=1;local y   =  2--c\nlocal s = [==[\n   keep   \n\tthis]]  \n]==]  \n\tif x==1 and\n\t   y~=2 then\nprint("a\\z\n     b", '"'it\\\\'s'"',x<=y)\t\n  -- why\nelse\r\n      if x  then y=3 end\n\t\tend\n\n\n\nfor k,v in pairs{a=1,\n                   b=2} do\nwhile true\ndo\nbreak\nend\nend\nrepeat local z = 3.5e-3+.5+0x1p+3 ..""\nuntil z\n--[[ long\n   comment  \n  ]] local t={\n1,2,\n{\n3,\n},\n["k"]=function(a,b)\nreturn a+\n   b\nend,\n}\ncall(function()\nx=x//2\nend,{\n1,\n})\nlocal u <const> = 5   \n\n\n' >"$tmp/ugly.lua"
cat >"$tmp/want.lua" <<'END'
local x = 1; local y   =  2 --c
local s = [==[
   keep   
	this]]  
]==]
if x == 1 and
   y ~= 2 then
  print("a\z
     b", 'it\'s', x <= y)
  -- why
else
  if x  then y = 3 end
end

for k, v in pairs{a = 1,
                   b = 2} do
  while true
  do
    break
  end
end
repeat local z = 3.5e-3+.5+0x1p+3 ..""
until z
--[[ long
   comment  
  ]] local t = {
  1, 2,
  {
    3,
  },
  ["k"] = function(a, b)
    return a+
       b
  end,
}
call(function()
  x = x//2
end, {
  1,
})
local u <const> = 5
END
cp "$tmp/ugly.lua" "$tmp/x.lua"
fails "fmt --check: names the file" "$tmp/x.lua:1: burin fmt would change it" fmt --check "$tmp/x.lua"
cmp -s "$tmp/x.lua" "$tmp/ugly.lua" && ok "fmt --check: changes nothing" || bad "fmt --check: changes nothing" "it did"
run fmt "$tmp/x.lua"
same "fmt: says what it did" "$status $out" "0 $tmp/x.lua: laid out anew"
same "fmt: the layout" "$(diff "$tmp/x.lua" "$tmp/want.lua")" ""
run fmt "$tmp/x.lua"
same "fmt: the second time nothing" "$status $out" "0 "

same "fmt -: from the standard input to the output" "$("$burin" fmt - <"$tmp/ugly.lua" | diff - "$tmp/want.lua")" ""
same "fmt -: a syntax error" "$(echo 'x =' | "$burin" fmt - 2>&1)" "-:2: unexpected symbol near <eof>"

# All Lua that is here, with its layout spoilt: it comes back the same as from the text as it is, but for hanging lines.
for f in models/*.lua models/lib/*.lua; do
    spoilt=$tmp/${f##*/}
    sed -E '/--/!{s/^ +/\t/; s/ = /=/g; s/$/  /}; s/^$/\n\n/; s/$/\r/' "$f" >"$spoilt"
    run fmt "$spoilt"
    same "fmt: ${f#models/} spoilt" "$status $err" "0 "
    tr -d ' \t\n\r' <"$f" >"$tmp/a"
    tr -d ' \t\n\r' <"$spoilt" | cmp -s - "$tmp/a" && ok "fmt: ${f#models/} has all its words" || bad "fmt: ${f#models/} has all its words" "not so"
    run fmt --check "$spoilt"
    same "fmt: ${f#models/} the second time nothing" "$status $err" "0 "
done

printf 'return {\n' >"$tmp/bad.lua"
fails "fmt: a syntax error" "$tmp/bad.lua:2: unexpected symbol near <eof>" fmt "$tmp/bad.lua"
same "fmt: and the file stays" "$(<"$tmp/bad.lua")" "return {"
printf 'x=1\0' >"$tmp/zero.lua"
fails "fmt: no text" "$tmp/zero.lua:1: is not a text file" fmt "$tmp/zero.lua"
fails "fmt: no file" "burin: cannot read $tmp/none.lua: No such file or directory" fmt "$tmp/none.lua"
fails "fmt: no spec" "burin: fmt: which spec? For instance: burin fmt models/dcgan_mnist.lua --check" fmt
: >"$tmp/empty.lua"
run fmt --check "$tmp/empty.lua"
same "fmt: an empty file" "$status $err" "0 "
printf 'x=1' >"$tmp/real.lua"
chmod 640 "$tmp/real.lua"
ln -s real.lua "$tmp/link.lua"
run fmt "$tmp/bad.lua" "$tmp/link.lua"
same "fmt: goes on after an error" "$status $out" "1 $tmp/link.lua: laid out anew"
same "fmt: follows a link, keeps rights" "$(stat -c '%a %s' "$tmp/real.lua") $(readlink "$tmp/link.lua")" "640 6 real.lua"
