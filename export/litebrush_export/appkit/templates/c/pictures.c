#include "pictures.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "failure.h"

enum { LONGEST_SIDE = 1 << 16 };

struct picture blank_picture(int height, int width, int channels) {
    struct picture picture = {height, width, channels, zeros((size_t)height * width, channels)};
    return picture;
}

/* The next number of a header, comments skipped; -1 where there is none. */
static int header_number(FILE *file) {
    int letter = getc(file);
    while (isspace(letter) || letter == '#') {
        if (letter == '#')
            while (letter != '\n' && letter != EOF) letter = getc(file);
        letter = getc(file);
    }
    int number = isdigit(letter) ? 0 : -1;
    for (; isdigit(letter) && number <= LONGEST_SIDE; letter = getc(file)) number = 10 * number + letter - '0';
    return number;
}

struct picture read_picture(const char *path, int channels) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail("cannot read '%s': %s", path, strerror(errno));
    int wanted = channels == 3 ? '6' : '5';
    const char *kind = channels == 3 ? "PPM (P6)" : "PGM (P5)";
    if (getc(file) != 'P' || getc(file) != wanted)
        fail("'%s' is no %s file; write one with another program", path, kind);
    int width = header_number(file), height = header_number(file), highest = header_number(file);
    if (width < 1 || height < 1 || width > LONGEST_SIDE || height > LONGEST_SIDE || highest != 255)
        fail("'%s' is no %s file of 8 bits and at most %d pixels a side", path, kind, LONGEST_SIDE);
    struct picture picture = blank_picture(height, width, channels);
    size_t size = (size_t)height * width * channels;
    if (fread(picture.bytes, 1, size, file) != size) fail("'%s' is cut short; use another copy", path);
    fclose(file);
    return picture;
}

void write_picture(const char *path, struct picture picture) {
    FILE *file = fopen(path, "wb");
    if (file == NULL) fail("cannot write '%s': %s", path, strerror(errno));
    size_t size = (size_t)picture.height * picture.width * picture.channels;
    int failed = fprintf(file, "P%c\n%d %d\n255\n", picture.channels == 3 ? '6' : '5', picture.width, picture.height) < 0;
    failed |= fwrite(picture.bytes, 1, size, file) != size;
    if (fclose(file) || failed) fail("cannot write '%s': %s", path, strerror(errno));
}
