// What is asked for n-th, wherever a function takes a number and a text: a hundred characters, each another.

export const payloadOf = (n: number) => ({ n, text: `job ${n} `.padEnd(100, 'x') });
