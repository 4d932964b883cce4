// What the two types of bench/jobs take and give.
import Type from 'typebox';

export const asked = { n: Type.Integer(), text: Type.String() };
export const answered = { n: Type.Integer(), length: Type.Integer({ minimum: 0 }) };
