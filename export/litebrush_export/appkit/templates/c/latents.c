#include "latents.h"

#include <math.h>

static void philox(uint32_t counter[4], uint32_t key0, uint32_t key1) {
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)0xD2511F53u * counter[0];
        uint64_t product1 = (uint64_t)0xCD9E8D57u * counter[2];
        uint32_t next[4] = {
            (uint32_t)(product1 >> 32) ^ counter[1] ^ key0,
            (uint32_t)product1,
            (uint32_t)(product0 >> 32) ^ counter[3] ^ key1,
            (uint32_t)product0,
        };
        for (int place = 0; place < 4; place++) counter[place] = next[place];
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

void random_words(uint64_t seed, uint64_t picture, uint32_t *words, size_t count) {
    for (size_t block = 0; 4 * block < count; block++) {
        uint32_t counter[4] = {(uint32_t)block, 0, (uint32_t)picture, (uint32_t)(picture >> 32)};
        philox(counter, (uint32_t)seed, (uint32_t)(seed >> 32));
        for (size_t place = 0; place < 4 && 4 * block + place < count; place++)
            words[4 * block + place] = counter[place];
    }
}

/* Of + - * / and sqrt alone, which IEEE 754 rounds in one way only. */
static void normal_pair(uint32_t a, uint32_t b, float pair[2]) {
    double m = (a + 0.5) / 4294967296.0;
    double halvings = 0;
    while (m < 0.7071067811865476) m = m * 2, halvings = halvings + 1;
    double s = (m - 1) / (m + 1), p = 1;
    for (int t = 10; t > 0; t--) p = 1 + s * s * p * (2 * t - 1) / (2 * t + 1);
    double radius = sqrt(2 * 0.6931471805599453 * (halvings - 2 * s * p / 0.6931471805599453));

    uint32_t turned = b + (1u << 29);
    double x = ((double)(turned & 0x3FFFFFFFu) - 536870912.0) * (3.141592653589793 / 2147483648.0);
    double c = 1, d = 1;
    for (int t = 8; t > 0; t--) {
        c = 1 - x * x * c / (2 * t * (2 * t - 1));
        d = 1 - x * x * d / (2 * t * (2 * t + 1));
    }
    double u = radius * c, v = radius * (x * d);
    double quarters[4][2] = {{u, v}, {-v, u}, {-u, -v}, {v, -u}};
    pair[0] = (float)quarters[turned >> 30][0];
    pair[1] = (float)quarters[turned >> 30][1];
}

void latent(uint64_t seed, uint64_t picture, float *values, size_t count) {
    for (size_t block = 0; 4 * block < count; block++) {
        uint32_t words[4] = {(uint32_t)block, 0, (uint32_t)picture, (uint32_t)(picture >> 32)};
        philox(words, (uint32_t)seed, (uint32_t)(seed >> 32));
        for (size_t half = 0; half < 4 && 4 * block + half < count; half += 2) {
            float pair[2];
            normal_pair(words[half], words[half + 1], pair);
            for (size_t place = 0; place < 2 && 4 * block + half + place < count; place++)
                values[4 * block + half + place] = pair[place];
        }
    }
}
