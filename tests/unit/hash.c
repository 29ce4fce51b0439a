/* SHA-256 against FIPS 180-4's examples, fed in pieces of every size. */
#include "test.h"
#include "../../runtime/hash.h"

int main(void)
{
    test_text("sha256 of nothing", sha256("", 0).hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    test_text("sha256 of abc", sha256("abc", 3).hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    test_text("sha256 of two blocks", sha256(two, 56).hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    static char a[1000000];
    memset(a, 'a', sizeof a);
    const char *million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    test_text("sha256 of a million a", sha256(a, sizeof a).hex, million);
    int wrong = 0;
    for (size_t piece = 1; piece < 200; piece += 7) {
        Sha256 s;
        sha256_start(&s);
        for (size_t at = 0; at < sizeof a; at += piece) sha256_add(&s, a + at, sizeof a - at < piece ? sizeof a - at : piece);
        wrong += strcmp(sha256_end(&s).hex, million) != 0;
    }
    test("sha256 in pieces", wrong == 0, "%d sizes of pieces give another digest", wrong);
    return test_end();
}
