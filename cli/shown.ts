// What others wrote (ids, keys, messages of errors, results) as it may be shown: a terminal takes control characters for commands, and some
// others turn around what stands beside them. All that the commands write of data goes through here.

/** Control characters, marks of direction, line and paragraph separators, halves of pairs. */
const unsafe = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** On one line, with what is unsafe as escapes. */
export const shown = (text: string): string => text.replace(unsafe, (one) => short[one] ?? escaped(one));

/** JSON on one line; what is unsafe stands there as escapes that JSON knows. */
export const jsonText = (value: unknown): string => (JSON.stringify(value) ?? 'null').replace(unsafe, escaped);
