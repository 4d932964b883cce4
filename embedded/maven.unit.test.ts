import { expect, test } from 'vitest';
import { mavenMeter } from './maven.ts';

test('finished files and those under way are counted, however the output is cut', () => {
  const meter = mavenMeter();
  expect(meter('[INFO] Scanning\nProgress (2): 1.5/3.0 MB | 500/900 kB\r')).toBe(2);
  expect(meter('Downloaded from central: https://host/a.jar (3.0 MB at 1.1')).toBe(2);
  expect(meter(' MB/s)\n')).toBe(3);
  expect(meter('Progress (1): 600 kB\r')).toBeCloseTo(3.6);
  expect(meter('Downloaded from central: https://host/b.pom (900 B at 2 kB/s)\n')).toBeCloseTo(3.0009);
});
