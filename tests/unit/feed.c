/* The data of the steps: which images are in the variable at which step. */
#include "test.h"
#include "fake.h"
#include "../../runtime/feed.h"
#include "../../runtime/shuffle.h"

int main(void)
{
    enum { SEED = 9, IMAGES = 10, PIXELS = FAKE_H * FAKE_W };
    Path images = path_of("%s/images", test_folder());
    setenv("BURIN_CACHE", path_of("%s/cache", test_folder()).s, 1);
    unsetenv("BURIN_DATA");
    fake_images(images.s);
    BurinProgram *p = fake_program(0, 0, images.s);
    Session s;
    Feed f;
    Error e = {""};
    DataPlaces places = {0};
    DeviceOptions o = {.threads = 1};
    if (session_open(&s, p, &dev_cpu, &o, SEED, &e) || feed_open(&f, p, &places, &e)) return test("feed: opens", false, "%s", e.text), 1;
    test("feed: two whole batches of 4 in 10 images", f.epoch_steps == 2, "%lld", (long long)f.epoch_steps);
    int wrong = 0, steps[] = {0, 1, 2, 3, 7, 2, 0};             /* forward, far ahead, and back again */
    for (int i = 0; i < 7; i++) {
        uint8_t got[FAKE_BATCH * PIXELS];
        uint32_t order[IMAGES];
        if (feed_step(&f, &s, steps[i], &e) || session_get(&s, &p->var[3], got, &e)) return 1;
        data_shuffle(order, IMAGES, SEED, steps[i] / 2);
        for (int k = 0; k < FAKE_BATCH * PIXELS; k++) wrong += got[k] != 20 * order[steps[i] % 2 * FAKE_BATCH + k / PIXELS];
    }
    test("feed: each step has the images of its place in its epoch", wrong == 0, "%d bytes are others", wrong);
    feed_close(&f);
    BurinProgram *none = fake_program(0, 0, NULL);
    test("feed: a program without data", !feed_open(&f, none, &places, &e) && f.epoch_steps == EPOCH_WITHOUT_DATA, "%s", e.text);
    feed_close(&f);
    session_close(&s);
    test_folder_end();
    return test_end();
}
