#include "core/json_unescape.h"

static uint32_t
hex4(const char *s)
{
	uint32_t code = 0;
	int i;

	for (i = 0; i < 4; i++)
		code = code << 4 | (uint32_t)(s[i] <= '9' ? s[i] - '0' : (s[i] | 0x20) - 'a' + 10);
	return code;
}

static uint32_t
next_escape(struct unescape *u)
{
	const char kind = u->at[1];
	uint32_t code;

	u->at += 2;
	switch (kind) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'u':
		break;
	default:
		return (uint32_t)kind;
	}
	code = hex4(u->at);
	u->at += 4;
	if (code < 0xd800 || code > 0xdfff)
		return code;
	code = 0x10000 + ((code - 0xd800) << 10) + (hex4(u->at + 2) - 0xdc00);
	u->at += 6;
	return code;
}

uint32_t
unescape_next(struct unescape *u)
{
	unsigned char lead;
	uint32_t code;

	if (u->at == u->end)
		return END_OF_STRING;
	if (*u->at == '\\')
		return next_escape(u);
	lead = (unsigned char)*u->at++;
	if (lead < 0x80)
		return lead;
	code = lead & (lead < 0xe0 ? 0x1fU : lead < 0xf0 ? 0x0fU : 0x07U);
	while (u->at < u->end && ((unsigned char)*u->at & 0xc0) == 0x80)
		code = code << 6 | ((unsigned char)*u->at++ & 0x3fU);
	return code;
}

size_t
unescape_encode(char out[4], uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}
