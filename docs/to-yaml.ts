// A value as YAML that anybody can read: blocks for objects and lists, strings in quotes, which YAML takes for nothing else.
// What is generated in docs/ as YAML is written with it.

const plainKey = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z_$][\w$.-]*$/;
/** JSON's quotes, or the others where those spare it all of its backslashes. */
function quoted(text: string): string {
  const onlyQuotes = JSON.stringify(text) === `"${text.replaceAll('"', '\\"')}"`;
  return onlyQuotes && text.includes('"') && !text.includes("'") ? `'${text}'` : JSON.stringify(text);
}

/** @param value of JSON; members that are undefined are left out */
export function toYaml(value: unknown, indent = ''): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    // The first line of an item stands behind its dash.
    return value.map((item) => `\n${indent}- ${toYaml(item, `${indent}  `).replace(/^\n */, '')}`).join('');
  }
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return '{}';
  return members
    .map(([name, member]) => {
      const key = plainKey.test(name) ? name : JSON.stringify(name);
      const text = toYaml(member, `${indent}  `);
      return `\n${indent}${key}:${text.startsWith('\n') ? '' : ' '}${text}`;
    })
    .join('');
}
