// @ts-check
// The page /docs/: shows the description of the API. Where that needs a key it asks for one, which it keeps in a variable and nowhere
// else: not in an address, a cookie or any storage. What is tried out on the page is sent with it.

/** @typedef {{ createApiReference: (target: string, configuration: object) => unknown }} Reference */

const element = (/** @type {string} */ id) => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
};

/** @param {string} description @param {string | undefined} bearer */
function show(description, bearer) {
  element('key').remove();
  const scalar = /** @type {typeof globalThis & { Scalar: Reference }} */ (globalThis).Scalar;
  scalar.createApiReference('#app', {
    content: description,
    withDefaultFonts: false,
    telemetry: false,
    // All of these lead to a service elsewhere, which the policy of the page forbids.
    hideClientButton: true,
    agent: { disabled: true },
    mcp: { disabled: true },
    showDeveloperTools: 'never',
    persistAuth: false,
    ...(bearer !== undefined && {
      authentication: { preferredSecurityScheme: 'bearer', securitySchemes: { bearer: { token: bearer } } },
    }),
  });
}

/** @param {Response} answer */
async function problemOf(answer) {
  const { title, detail } = await answer.json();
  return `${title}: ${detail}`;
}

/** @param {string} [bearer] */
async function ask(bearer) {
  element('problem').textContent = '';
  try {
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    const answer = await fetch('/openapi.json', { headers, credentials: 'omit', cache: 'no-store' });
    if (answer.ok) return show(await answer.text(), bearer);
    // That a key is needed is no problem yet.
    if (bearer !== undefined || answer.status !== 401) element('problem').textContent = await problemOf(answer);
  } catch (error) {
    element('problem').textContent = `The description cannot be had: ${error}`;
  }
  element('key').hidden = false;
  element('bearer').focus();
}

element('key').addEventListener('submit', (event) => {
  event.preventDefault();
  const { value } = /** @type {HTMLInputElement} */ (element('bearer'));
  ask(value.trim());
});
ask();
