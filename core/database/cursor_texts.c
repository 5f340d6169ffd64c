/* Signs and encodes the cursors of a page in one call; the same as `cursor_texts_in_python` in cursors.py.
 *
 * The MAC is keyed BLAKE2s (RFC 7693) of one block, for which hashlib needs three calls and two objects a
 * cursor. The tests compare both.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK = 64, KEY_AT_MOST = 32, POSITION = 8, TAG = 9, CELL = 1 + POSITION + TAG, LETTERS = CELL / 3 * 4 };

static const uint32_t IV[8] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};

static const uint8_t SIGMA[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

#define ROTATED(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define MIX(a, b, c, d, x, y)              \
    do {                                   \
        v[a] += v[b] + (x);                \
        v[d] = ROTATED(v[d] ^ v[a], 16);   \
        v[c] += v[d];                      \
        v[b] = ROTATED(v[b] ^ v[c], 12);   \
        v[a] += v[b] + (y);                \
        v[d] = ROTATED(v[d] ^ v[a], 8);    \
        v[c] += v[d];                      \
        v[b] = ROTATED(v[b] ^ v[c], 7);    \
    } while (0)

/* RFC 7693, section 3.2. `length`: bytes hashed so far, including this block. */
static void
compress(uint32_t h[8], const uint8_t block[BLOCK], uint32_t length, int is_last)
{
    uint32_t v[16], m[16];
    for (int i = 0; i < 16; i++)
        m[i] = (uint32_t)block[4 * i] | (uint32_t)block[4 * i + 1] << 8
             | (uint32_t)block[4 * i + 2] << 16 | (uint32_t)block[4 * i + 3] << 24;
    memcpy(v, h, sizeof IV);
    memcpy(v + 8, IV, sizeof IV);
    v[12] ^= length;
    if (is_last)
        v[14] = ~v[14];
    /* Unrolled, so that the indexes into SIGMA are constants. */
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
        const uint8_t *s = SIGMA[round];
        MIX(0, 4, 8, 12, m[s[0]], m[s[1]]);
        MIX(1, 5, 9, 13, m[s[2]], m[s[3]]);
        MIX(2, 6, 10, 14, m[s[4]], m[s[5]]);
        MIX(3, 7, 11, 15, m[s[6]], m[s[7]]);
        MIX(0, 5, 10, 15, m[s[8]], m[s[9]]);
        MIX(1, 6, 11, 12, m[s[10]], m[s[11]]);
        MIX(2, 7, 8, 13, m[s[12]], m[s[13]]);
        MIX(3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (int i = 0; i < 8; i++)
        h[i] ^= v[i] ^ v[i + 8];
}

static PyObject *
cursor_text(const uint8_t cell[CELL])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    PyObject *text = PyUnicode_New(LETTERS, 127);
    if (text == NULL)
        return NULL;
    Py_UCS1 *to = PyUnicode_1BYTE_DATA(text);
    for (int at = 0; at < CELL; at += 3) {
        uint32_t three = (uint32_t)cell[at] << 16 | (uint32_t)cell[at + 1] << 8 | cell[at + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            *to++ = letters[three >> shift & 63];
    }
    return text;
}

PyDoc_STRVAR(cursor_texts_doc, "cursor_texts(key, bound, positions, /)\n--\n\n"
                               "The cursors of the positions in one list.");

static PyObject *
cursor_texts(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    const uint8_t *key, *bound;
    Py_ssize_t key_length, bound_length;
    PyObject *positions;
    if (!PyArg_ParseTuple(arguments, "y#y#O!", &key, &key_length, &bound, &bound_length,
                          &PyList_Type, &positions))
        return NULL;
    if (key_length < 1 || key_length > KEY_AT_MOST || bound_length < 1
        || bound_length > BLOCK - POSITION) {
        PyErr_SetString(PyExc_ValueError, "key must have 1 to 32 bytes, bound 1 to 56");
        return NULL;
    }

    /* Equal for all positions: the state after the block of the key, and the start of the second block. */
    uint32_t keyed[8];
    uint8_t block[BLOCK] = {0};
    memcpy(block, key, key_length);
    memcpy(keyed, IV, sizeof IV);
    keyed[0] ^= 0x01010000 ^ (uint32_t)key_length << 8 ^ TAG;
    compress(keyed, block, BLOCK, 0);
    memset(block, 0, sizeof block);
    memcpy(block, bound, bound_length);

    Py_ssize_t count = PyList_GET_SIZE(positions);
    PyObject *texts = PyList_New(count);
    for (Py_ssize_t at = 0; texts != NULL && at < count; at++) {
        PyObject *given = PyList_GET_ITEM(positions, at);
        if (!PyLong_Check(given))
            PyErr_SetString(PyExc_TypeError, "a position must be an int");
        long long position = PyErr_Occurred() ? -1 : PyLong_AsLongLong(given);
        if (position == -1 && PyErr_Occurred()) {
            Py_CLEAR(texts);
            break;
        }
        uint8_t cell[CELL] = {bound[0]};
        for (int i = 0; i < POSITION; i++)
            cell[1 + i] = (uint8_t)((uint64_t)position >> (56 - 8 * i));
        memcpy(block + bound_length, cell + 1, POSITION);
        uint32_t h[8];
        memcpy(h, keyed, sizeof h);
        compress(h, block, (uint32_t)(BLOCK + bound_length + POSITION), 1);
        for (int i = 0; i < TAG; i++)
            cell[1 + POSITION + i] = (uint8_t)(h[i / 4] >> 8 * (i % 4));
        PyObject *text = cursor_text(cell);
        if (text == NULL)
            Py_CLEAR(texts);
        else
            PyList_SET_ITEM(texts, at, text);
    }
    return texts;
}

static PyMethodDef functions[] = {
    {"cursor_texts", cursor_texts, METH_VARARGS, cursor_texts_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "core.database.cursor_texts",
    .m_methods = functions,
};

PyMODINIT_FUNC
PyInit_cursor_texts(void)
{
    return PyModule_Create(&module);
}
