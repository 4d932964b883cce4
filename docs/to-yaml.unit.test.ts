import { expect, test } from 'vitest';
import { toYaml } from './to-yaml.ts';

test('objects, lists and what is empty', () => {
  const value = { a: 1, 'b c': [], no: { x: [{ y: null, z: ['q: "r"'] }, true] }, gone: undefined, e: {} };
  expect(toYaml(value)).toBe(
    [
      ...['', 'a: 1', '"b c": []', '"no":', '  x:', '    - "y": null', '      z:', '        - \'q: "r"\''],
      ...['    - true', 'e: {}'],
    ].join('\n'),
  );
  expect([`it's`, '"it\'s"', 'a\n"'].map((text) => toYaml(text))).toEqual([`"it's"`, '"\\"it\'s\\""', '"a\\n\\""']);
});
