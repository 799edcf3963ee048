/* What lies in a folder, for theano.compile.installation: it looks at hundreds of files before the first function, and
 * in Python each of them takes nearly twice as long. */
#include <Python.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int64_t rt_survey(const char *folder, const char *endings, char *files, char *folders, int64_t room, int64_t *last);

#ifdef __APPLE__
#define CHANGED(state) ((state).st_mtimespec)
#define TOUCHED(state) ((state).st_ctimespec)
#else
#define CHANGED(state) ((state).st_mtim)
#define TOUCHED(state) ((state).st_ctim)
#endif

typedef struct {
    char *text;
    int64_t used, room;
} Lines;

static int put(Lines *to, const char *name, const char *more)
{
    if (strchr(name, '\n'))
        return -1; /* could be taken for another line */
    int length = snprintf(to->text + to->used, (size_t)(to->room - to->used), "%s%s\n", name, more);
    if (length < 0 || length >= to->room - to->used)
        return -2;
    to->used += length;
    return 0;
}

static int is_code(const char *name, const char *endings)
{
    size_t length = strlen(name);
    for (const char *end = endings, *next; (next = strchr(end, '\n')); end = next + 1) {
        size_t n = (size_t)(next - end);
        if (n <= length && !memcmp(name + length - n, end, n))
            return 1;
    }
    return 0;
}

static int is_folder(int home, const struct dirent *entry)
{
    struct stat state;
    if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return !fstatat(home, entry->d_name, &state, 0) && S_ISDIR(state.st_mode);
}

static int64_t nanoseconds(struct timespec at) { return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec; }

static int put_file(Lines *to, int home, const char *name, int64_t *last)
{
    struct stat state;
    char numbers[64];
    if (fstatat(home, name, &state, 0))
        return -1;
    int64_t changed = nanoseconds(CHANGED(state)), touched = nanoseconds(TOUCHED(state));
    *last = changed > *last ? changed : *last;
    *last = touched > *last ? touched : *last;
    snprintf(numbers, sizeof numbers, "/%lld %lld", (long long)state.st_size, (long long)changed);
    return put(to, name, numbers);
}

/* Writes a line "name/size time" for each file in `folder` whose name has one of the `endings` (each with a newline) to
 * `files`, and the names of subfolders that may be packages to `folders`; both have `room` bytes. `*last` becomes the time
 * when one of the files changed last, if that is later. Returns the length of `files`, -2 if there is too little room, -1 if
 * something could not be looked at. */
int64_t rt_survey(const char *folder, const char *endings, char *files, char *folders, int64_t room, int64_t *last)
{
    Lines found = {files, 0, room}, below = {folders, 0, room};
    DIR *home = opendir(folder);
    if (!home)
        return -1;
    int failed = 0;
    const struct dirent *entry;
    files[0] = folders[0] = 0;
    while (!failed && (entry = readdir(home))) {
        if (is_code(entry->d_name, endings))
            failed = put_file(&found, dirfd(home), entry->d_name, last);
        else if (!strchr(entry->d_name, '.') && is_folder(dirfd(home), entry))
            failed = put(&below, entry->d_name, "");
    }
    closedir(home);
    return failed ? failed : found.used;
}
