/* Rows of PostgreSQL, written as JSON without becoming Python objects on the way.
 *
 * A template holds what is the same in every row as text, and between that what a row puts there. It
 * knows text, whole numbers, true, false and null, as orjson writes them. Anything else is an error,
 * after which the caller goes another way, so nothing here has to be complete.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* What a step does; exported by name. */
enum { LITERAL, COLUMN, NUMBERED, COMPUTED, UNLESS_NULL, KINDS };

typedef struct {
    int kind;
    Py_ssize_t column;  /* Of the row; for COMPUTED, which list. */
    Py_ssize_t inside;  /* Of the record in that column; negative where the column is meant. */
    Py_ssize_t skip;    /* For UNLESS_NULL: how many steps are about what may not be there. */
    PyObject *text;     /* For LITERAL the text, for NUMBERED what stands before the number. */
} Step;

typedef struct {
    PyObject_HEAD
    Py_ssize_t count;
    Py_ssize_t usual;   /* Bytes of the longest array of the last time, and a little more. */
    Step *steps;
} Template;

enum { MAX_PREFIX = 64, MAX_NUMBER = 24, MAX_NUMBERED = 2 * (MAX_PREFIX + MAX_NUMBER) };

typedef struct {
    char *data;
    Py_ssize_t used, size;
} Out;

static int
reserve(Out *out, Py_ssize_t more)
{
    if (more <= out->size - out->used)
        return 0;
    if (more > PY_SSIZE_T_MAX / 2 - out->size) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t size = 2 * (out->size + more);
    char *data = PyMem_Realloc(out->data, size);
    if (data == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    out->data = data;
    out->size = size;
    return 0;
}

static int
put(Out *out, const char *data, Py_ssize_t length)
{
    if (reserve(out, length) < 0)
        return -1;
    memcpy(out->data + out->used, data, length);
    out->used += length;
    return 0;
}

enum { AT_ONCE = 16 };
typedef uint8_t Bytes __attribute__((vector_size(AT_ONCE)));
typedef uint64_t Words __attribute__((vector_size(AT_ONCE)));

static int
needs_escape(unsigned char c)
{
    return (c < 0x20) | (c == '"') | (c == '\\');
}

/* Whether one of that many bytes needs an escape. */
static int
one_needs_escape(const char *text)
{
    Bytes bytes;
    memcpy(&bytes, text, sizeof bytes);
    Words found = (Words)((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
    return (found[0] | found[1]) != 0;
}

/* How many of the first bytes can stand in a JSON string as they are. */
static Py_ssize_t
plain_length(const char *text, Py_ssize_t length)
{
    Py_ssize_t at = 0;
    while (length - at >= AT_ONCE && !one_needs_escape(text + at))
        at += AT_ONCE;
    if (length >= AT_ONCE && length - at < AT_ONCE && !one_needs_escape(text + length - AT_ONCE))
        return length;
    while (at < length && !needs_escape(text[at]))
        at++;
    return at;
}

static int
put_escaped(Out *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char escape[] = {'\\', c, '0', '0', hex[c >> 4], hex[c & 15]};
    Py_ssize_t length = 2;
    switch (c) {
    case '"':
    case '\\': break;
    case '\b': escape[1] = 'b'; break;
    case '\t': escape[1] = 't'; break;
    case '\n': escape[1] = 'n'; break;
    case '\f': escape[1] = 'f'; break;
    case '\r': escape[1] = 'r'; break;
    default:
        escape[1] = 'u';
        length = 6;
    }
    return put(out, escape, length);
}

static int
put_text(Out *out, PyObject *value)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(value);
    const char *text = PyUnicode_IS_COMPACT_ASCII(value) ? PyUnicode_DATA(value)
                                                         : PyUnicode_AsUTF8AndSize(value, &length);
    if (text == NULL || reserve(out, length + 2) < 0)
        return -1;
    out->data[out->used++] = '"';
    for (;;) {
        Py_ssize_t plain = plain_length(text, length);
        /* With room for the quote. */
        if (reserve(out, plain + 1) < 0)
            return -1;
        memcpy(out->data + out->used, text, plain);
        out->used += plain;
        if (plain == length) {
            out->data[out->used++] = '"';
            return 0;
        }
        if (put_escaped(out, text[plain]) < 0)
            return -1;
        text += plain + 1;
        length -= plain + 1;
    }
}

static const char two_digits[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                 "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                 "8081828384858687888990919293949596979899";

/* Writes the digits of a number into the end of a buffer; returns where they begin. NULL is an error. */
static char *
digits(PyObject *value, char *end)
{
    if (!PyLong_CheckExact(value)) {
        PyErr_Format(PyExc_TypeError, "rows of %s can't be written", Py_TYPE(value)->tp_name);
        return NULL;
    }
    long number = PyLong_AsLong(value);  /* PyLong_AsLongLong takes ten times as many instructions for a key. */
    if (number == -1 && PyErr_Occurred())
        return NULL;
    unsigned long rest = number < 0 ? 0 - (unsigned long)number : (unsigned long)number;
    for (; rest >= 100; rest /= 100) {
        end -= 2;
        memcpy(end, &two_digits[rest % 100 * 2], 2);
    }
    do
        *--end = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *--end = '-';
    return end;
}

static int
put_value(Out *out, PyObject *value)
{
    if (PyUnicode_CheckExact(value))
        return put_text(out, value);
    if (value == Py_None)
        return put(out, "null", 4);
    if (value == Py_True)
        return put(out, "true", 4);
    if (value == Py_False)
        return put(out, "false", 5);
    char buffer[MAX_NUMBER], *end = buffer + sizeof buffer, *begin = digits(value, end);
    return begin == NULL ? -1 : put(out, begin, end - begin);
}

/* Writes base64 of a prefix, up to MAX_PREFIX bytes, and a number; returns its length. Negative is an error. */
static Py_ssize_t
numbered(char *to, PyObject *prefix, PyObject *value)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char number[MAX_NUMBER], *end = number + sizeof number, *begin = digits(value, end);
    if (begin == NULL)
        return -1;
    unsigned char plain[MAX_PREFIX + MAX_NUMBER + 2];
    Py_ssize_t length = PyBytes_GET_SIZE(prefix);
    memcpy(plain, PyBytes_AS_STRING(prefix), length);
    memcpy(plain + length, begin, end - begin);
    length += end - begin;
    plain[length] = plain[length + 1] = 0;

    char *start = to;
    for (Py_ssize_t at = 0; at < length; at += 3) {
        uint32_t three = (uint32_t)plain[at] << 16 | (uint32_t)plain[at + 1] << 8 | plain[at + 2];
        *to++ = letters[three >> 18];
        *to++ = letters[three >> 12 & 63];
        *to++ = letters[three >> 6 & 63];
        *to++ = letters[three & 63];
    }
    for (Py_ssize_t missing = (3 - length % 3) % 3; missing > 0; missing--)
        to[-missing] = '=';
    return to - start;
}

static int
put_numbered(Out *out, PyObject *prefix, PyObject *value)
{
    if (reserve(out, MAX_NUMBERED + 2) < 0)
        return -1;
    char *to = out->data + out->used;
    Py_ssize_t length = numbered(to + 1, prefix, value);
    if (length < 0)
        return -1;
    to[0] = to[length + 1] = '"';
    out->used += length + 2;
    return 0;
}

/* A new reference to what the step is about. */
static PyObject *
value_for(const Step *step, PyObject *row, Py_ssize_t place, PyObject *computed)
{
    PyObject *from = row;
    if (step->kind == COMPUTED) {
        from = PyTuple_GetItem(computed, step->column);
        return from == NULL ? NULL : PySequence_GetItem(from, place);
    }
    PyObject *value = PySequence_GetItem(from, step->column);
    if (value == NULL || step->inside < 0)
        return value;
    PyObject *part = PySequence_GetItem(value, step->inside);
    Py_DECREF(value);
    return part;
}

/* What is written: lists of rows, and what stands around their items. */
typedef struct {
    PyObject *rows, *ends, *computed;
    const char *before, *after;
    Py_ssize_t before_length, after_length;
} Given;

static int
put_row(Out *out, const Template *self, PyObject *row, Py_ssize_t place, PyObject *computed)
{
    for (Py_ssize_t at = 0; at < self->count; at++) {
        const Step *step = &self->steps[at];
        if (step->kind == LITERAL) {
            if (put(out, PyBytes_AS_STRING(step->text), PyBytes_GET_SIZE(step->text)) < 0)
                return -1;
            continue;
        }
        PyObject *value = value_for(step, row, place, computed);
        if (value == NULL)
            return -1;
        int result = 0;
        if (step->kind == NUMBERED)
            result = put_numbered(out, step->text, value);
        else if (step->kind != UNLESS_NULL)
            result = put_value(out, value);
        else if (value == Py_None) {
            result = put(out, "null", 4);
            at += step->skip;
        }
        Py_DECREF(value);
        if (result < 0)
            return -1;
    }
    return 0;
}

static int
put_row_at(Out *out, const Template *self, const Given *given, Py_ssize_t place)
{
    PyObject *row = PyList_GetItem(given->rows, place);
    if (row == NULL)
        return -1;
    /* Reading a row may run code of its class, which may change the list. */
    Py_INCREF(row);
    int result = put_row(out, self, row, place, given->computed);
    Py_DECREF(row);
    return result;
}

/* Writes the rows of one list. */
static int
put_rows(Out *out, const Template *self, const Given *given, Py_ssize_t begin, Py_ssize_t end)
{
    if (put(out, given->before, given->before_length) < 0)
        return -1;
    for (Py_ssize_t place = begin; place < end; place++)
        if ((place > begin && put(out, ",", 1) < 0) || put_row_at(out, self, given, place) < 0)
            return -1;
    return put(out, given->after, given->after_length);
}

PyDoc_STRVAR(write_doc, "write(rows, ends, computed, before=b'[', after=b']', /)\n--\n\n"
                        "JSON arrays of the rows, of which each ends where the next one begins;\n"
                        "without `ends` the JSON of each row.");

static PyObject *
template_write(Template *self, PyObject *arguments)
{
    Given given = {.before = "[", .before_length = 1, .after = "]", .after_length = 1};
    if (!PyArg_ParseTuple(arguments, "O!OO!|y#y#", &PyList_Type, &given.rows, &given.ends, &PyTuple_Type,
                          &given.computed, &given.before, &given.before_length, &given.after, &given.after_length))
        return NULL;
    int each = given.ends == Py_None;
    if (!each && !PyTuple_Check(given.ends)) {
        PyErr_SetString(PyExc_TypeError, "ends are a tuple or None");
        return NULL;
    }
    Out out = {PyMem_Malloc(self->usual), 0, self->usual};
    if (out.data == NULL)
        return PyErr_NoMemory();
    Py_ssize_t count = each ? PyList_GET_SIZE(given.rows) : PyTuple_GET_SIZE(given.ends), begin = 0, longest = 0;
    PyObject *written = PyList_New(count);
    for (Py_ssize_t at = 0; written != NULL && at < count; at++) {
        Py_ssize_t end = 0;
        int result;
        out.used = 0;
        if (each)
            result = put_row_at(&out, self, &given, at);
        else {
            end = PyNumber_AsSsize_t(PyTuple_GET_ITEM(given.ends, at), PyExc_OverflowError);
            result = PyErr_Occurred() ? -1 : put_rows(&out, self, &given, begin, end);
        }
        PyObject *text = result < 0 ? NULL : PyBytes_FromStringAndSize(out.data, out.used);
        if (text == NULL) {
            Py_CLEAR(written);
            break;
        }
        PyList_SET_ITEM(written, at, text);
        begin = end;
        longest = out.used > longest ? out.used : longest;
    }
    self->usual = longest + MAX_NUMBERED + 64;
    PyMem_Free(out.data);
    return written;
}

static void
template_dealloc(Template *self)
{
    for (Py_ssize_t at = 0; at < self->count; at++)
        Py_DECREF(self->steps[at].text);
    PyMem_Free(self->steps);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int
read_step(Step *step, PyObject *given, Py_ssize_t following)
{
    if (!PyTuple_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "a step is a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(given, "innnS", &step->kind, &step->column, &step->inside, &step->skip,
                          &step->text))
        return -1;
    if (step->kind < 0 || step->kind >= KINDS || step->column < 0 || step->skip < 0
        || step->skip > following
        || (step->kind == NUMBERED && PyBytes_GET_SIZE(step->text) > MAX_PREFIX)) {
        PyErr_SetString(PyExc_ValueError, "no such step");
        return -1;
    }
    Py_INCREF(step->text);
    return 0;
}

static PyObject *
template_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"", NULL};
    PyObject *steps;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "O!", names, &PyTuple_Type, &steps))
        return NULL;
    Template *self = (Template *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(steps);
    self->usual = 4096;
    self->steps = PyMem_Calloc(count + 1, sizeof(Step));
    if (self->steps == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    for (; self->count < count; self->count++)
        if (read_step(&self->steps[self->count], PyTuple_GET_ITEM(steps, self->count),
                      count - self->count - 1) < 0) {
            Py_DECREF(self);
            return NULL;
        }
    return (PyObject *)self;
}

static PyMethodDef template_methods[] = {
    {"write", (PyCFunction)template_write, METH_VARARGS, write_doc},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject TemplateType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "core.native.row_template.Template",
    .tp_doc = "How a row is written as JSON, step by step.",
    .tp_basicsize = sizeof(Template),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = template_new,
    .tp_dealloc = (destructor)template_dealloc,
    .tp_methods = template_methods,
};

PyDoc_STRVAR(numbered_doc, "numbered_texts(prefix, numbers, /)\n--\n\n"
                           "Base64 of the prefix and each number.");

static PyObject *
numbered_texts(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *prefix, *numbers;
    if (!PyArg_ParseTuple(arguments, "SO!", &prefix, &PyList_Type, &numbers))
        return NULL;
    if (PyBytes_GET_SIZE(prefix) > MAX_PREFIX) {
        PyErr_SetString(PyExc_ValueError, "the prefix is too long");
        return NULL;
    }
    Py_ssize_t count = PyList_GET_SIZE(numbers);
    PyObject *texts = PyList_New(count);
    for (Py_ssize_t at = 0; texts != NULL && at < count; at++) {
        char buffer[MAX_NUMBERED];
        Py_ssize_t length = numbered(buffer, prefix, PyList_GET_ITEM(numbers, at));
        PyObject *text = length < 0 ? NULL : PyUnicode_New(length, 127);
        if (text == NULL) {
            Py_CLEAR(texts);
            break;
        }
        memcpy(PyUnicode_1BYTE_DATA(text), buffer, length);
        PyList_SET_ITEM(texts, at, text);
    }
    return texts;
}

/* Writes digits of a number into a buffer, with zeros before it; returns where they end. */
static char *
put_digits(char *to, int count, uint64_t number)
{
    for (char *at = to + count; at > to; number /= 10)
        *--at = (char)('0' + number % 10);
    return to + count;
}

PyDoc_STRVAR(moment_doc, "moment_text(sent, /)\n--\n\n"
                         "RFC 3339 of microseconds since 2000 as PostgreSQL sends them.");

static PyObject *
moment_text(PyObject *Py_UNUSED(module), PyObject *sent)
{
    const uint64_t second = 1000000, day = 86400 * second;
    if (!PyBytes_CheckExact(sent) || PyBytes_GET_SIZE(sent) != 8) {
        PyErr_SetString(PyExc_TypeError, "a moment is eight bytes");
        return NULL;
    }
    const unsigned char *bytes = (const unsigned char *)PyBytes_AS_STRING(sent);
    uint64_t time = 0;
    for (int at = 0; at < 8; at++)
        time = time << 8 | bytes[at];
    time += 730119 * day;  /* Since the year 1; what is before it becomes a number that is too high. */
    if (time >= 3652059 * day) {
        PyErr_SetString(PyExc_OverflowError, "the moment is not in the years 1 to 9999");
        return NULL;
    }
    /* Years that begin in March end with their leap day; 400 of them have 146097 days. */
    uint64_t days = time / day + 306, of_400 = days % 146097;
    uint64_t year = (of_400 - of_400 / 1460 + of_400 / 36524 - of_400 / 146096) / 365;
    uint64_t of_year = of_400 - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * of_year + 2) / 153;  /* Since March; five of them have 153 days. */
    uint64_t of_month = of_year - (153 * month + 2) / 5;
    year += days / 146097 * 400 + (month >= 10);

    static const char form[] = "0000-00-00T00:00:00.000000+00:00";
    PyObject *text = PyUnicode_New(sizeof form - 1, 127);
    if (text == NULL)
        return NULL;
    char *to = (char *)PyUnicode_1BYTE_DATA(text);
    memcpy(to, form, sizeof form - 1);
    to = put_digits(to, 4, year) + 1;
    to = put_digits(to, 2, month < 10 ? month + 3 : month - 9) + 1;
    to = put_digits(to, 2, of_month + 1) + 1;
    to = put_digits(to, 2, time / (3600 * second) % 24) + 1;
    to = put_digits(to, 2, time / (60 * second) % 60) + 1;
    to = put_digits(to, 2, time / second % 60) + 1;
    put_digits(to, 6, time % second);
    return text;
}

static PyMethodDef functions[] = {
    {"moment_text", moment_text, METH_O, moment_doc},
    {"numbered_texts", numbered_texts, METH_VARARGS, numbered_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "core.native.row_template",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC
PyInit_row_template(void)
{
    if (PyType_Ready(&TemplateType) < 0)
        return NULL;
    PyObject *made = PyModule_Create(&module);
    if (made != NULL
        && (PyModule_AddObjectRef(made, "Template", (PyObject *)&TemplateType) < 0
            || PyModule_AddIntMacro(made, LITERAL) < 0 || PyModule_AddIntMacro(made, COLUMN) < 0
            || PyModule_AddIntMacro(made, NUMBERED) < 0 || PyModule_AddIntMacro(made, COMPUTED) < 0
            || PyModule_AddIntMacro(made, UNLESS_NULL) < 0
            || PyModule_AddIntMacro(made, MAX_PREFIX) < 0))
        Py_CLEAR(made);
    return made;
}
