/* Which pictures of samples report.html holds. */
#include "test.h"
#include "../../runtime/file.h"
#include "../../runtime/page.h"

/* fakes_0000.png to fakes_LAST.png, so large; then the epochs that the page shows, as "0 3 6 7". */
static Path shown(int last, size_t bytes, const char **each)
{
    Path folder = path_of("%s/%d", test_folder(), last), list = path_of("%s", "");
    Error e;
    char *text, *content = grow(NULL, bytes);
    size_t size;
    memset(content, 'x', bytes);
    folder_make(folder.s, &e);
    for (int i = 0; i <= last; i++)
        if (file_write(path_of("%s/fakes_%04d.png", folder.s, i).s, content, bytes, &e)) puts(e.text);
    free(content);
    FILE *f = open_memstream(&text, &size);
    page_samples(f, folder.s, last);
    fclose(f);
    for (const char *at = text; (at = strstr(at, "\n[")); at += 2) list = path_of("%s%s%d", list.s, *list.s ? " " : "", atoi(at + 2));
    *each = strstr(text, "\"each\":3,") ? "3" : strstr(text, "\"each\":1,") ? "1" : "another";
    free(text);
    return list;
}

int main(void)
{
    const char *each;
    test_text("pictures: few are all there", shown(4, 10, &each).s, "0 1 2 3 4");
    test_text("pictures: few, said so", each, "1");
    Path list = shown(130, 3, &each);
    int n = 1;
    for (const char *at = list.s; *at; at++) n += *at == ' ';
    test("pictures: of many one in three, with the first and the last", !strncmp(list.s, "0 3 6 ", 6) && strstr(list.s, " 129 130") && n == 45, "%s", list.s);
    test_text("pictures: of many, said so", each, "3");
    test_text("pictures: of large ones so many as have room", shown(11, 2000000, &each).s, "0 3 6 9 11");
    test_folder_end();
    return test_end();
}
