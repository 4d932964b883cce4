// /docs: nothing on the page comes from elsewhere, no script stands in it, and the key that it asks for goes nowhere but into the header
// field of a request to its own origin. Its script runs as it is, on the few parts of a browser that it uses.
import { setImmediate as turn } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createGuardedApp } from './access.fixture.ts';
import { createTestApp } from './app.fixture.ts';

type App = ReturnType<typeof createTestApp>['app'];

test('it loads its scripts from here, and its policy allows no other', async () => {
  const { app } = createTestApp();
  expect((await app.inject('/docs')).headers.location).toBe('/docs/');
  const page = await app.inject('/docs/');
  const sources = [...page.body.matchAll(/<(?:script|link|img)[^>]*(?:src|href)="([^"]*)"/g)].map(
    ([, source]) => source,
  );
  expect(sources).toEqual(['js/scalar.js', 'js/docs.js']);
  expect(page.body).not.toMatch(/https?:\/\/|<script(?![^>]* src=)|<input[^>]* name=/);
  const policy = String(page.headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).toContain("form-action 'none'");
  expect(policy).not.toMatch(/https?:|\*/);
  for (const source of sources) {
    const script = await app.inject(`/docs/${source}`);
    expect([script.statusCode, script.headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
  }
  expect((await app.inject('/docs/js/scalar.js')).body.length).toBeGreaterThan(100_000);
});

/** The page as its script sees it; that knows no storage, so to use one would fail. */
async function visit(app: App) {
  const form = { hidden: true, there: true, submit: (event: { preventDefault: () => void }) => event.preventDefault() };
  const input = { value: '', focused: false };
  const problem = { textContent: '' };
  const asked: { url: string; status: number }[] = [];
  const shown: { content: string; authentication?: object }[] = [];
  const elements: Record<string, object> = {
    key: Object.assign(form, {
      remove: () => Object.assign(form, { there: false }),
      addEventListener: (_: string, listener: typeof form.submit) => Object.assign(form, { submit: listener }),
    }),
    bearer: Object.assign(input, { focus: () => Object.assign(input, { focused: true }) }),
    problem,
  };
  runInNewContext((await app.inject('/docs/js/docs.js')).body, {
    document: { getElementById: (id: string) => elements[id] ?? null },
    Scalar: { createApiReference: (_: string, what: (typeof shown)[number]) => shown.push(what) },
    async fetch(url: string, { headers }: { headers: Record<string, string> }) {
      const { statusCode, body } = await app.inject({ url, headers });
      asked.push({ url, status: statusCode });
      return { ok: statusCode === 200, status: statusCode, text: async () => body, json: async () => JSON.parse(body) };
    },
  });
  const answered = async (count: number) => {
    while (asked.length < count) await turn();
    await turn();
  };
  await answered(1);
  return {
    ...{ form, input, problem, asked, shown },
    async enter(key: string) {
      input.value = key;
      form.submit({ preventDefault: () => undefined });
      await answered(asked.length + 1);
    },
  };
}

test('where no key is needed it asks for none', async () => {
  const { form, shown } = await visit(createTestApp().app);
  expect(form).toMatchObject({ hidden: true, there: false });
  expect(JSON.parse(shown[0]?.content ?? '')).toHaveProperty('openapi', '3.1.0');
  expect(shown[0]).not.toHaveProperty('authentication');
});

test('where one is needed it asks, says what is wrong with it, and shows with it', async () => {
  const { app, add } = createGuardedApp();
  const { text } = add(['read']);
  const { form, input, problem, asked, shown, enter } = await visit(app);
  expect([form.hidden, input.focused, problem.textContent, shown.length]).toEqual([false, true, '', 0]);
  await enter('putlog_wrong');
  expect(problem.textContent).toMatch(/^It is not known who is calling: /);
  await enter(add(['submit']).text);
  expect(problem.textContent).toMatch(/^The caller may not do this: /);
  expect(shown.length).toBe(0);
  await enter(` ${text}\n`);
  expect([form.there, problem.textContent]).toEqual([false, '']);
  expect(JSON.parse(shown[0]?.content ?? '')).toHaveProperty('openapi', '3.1.0');
  expect(shown[0]).toMatchObject({
    persistAuth: false,
    authentication: { securitySchemes: { bearer: { token: text } } },
  });
  expect(asked).toEqual([401, 401, 403, 200].map((status) => ({ url: '/openapi.json', status })));
});
