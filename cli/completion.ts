// Scripts for shells that complete commands, options and their choices, made of the tree of commands: nothing runs at a TAB but the shell.
// Each finds the command by the words before the cursor, as commander does, and leaves what it does not know to the names of files.
import type { TreeCommand, TreeOption } from './command-tree.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** In single quotes; fish escapes within them, the others end them. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const fishQuoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const paths = (tree: readonly TreeCommand[]) => tree.map(({ path }) => path).filter((path) => path !== '');
/** What may stand behind a command that is no option. */
const following = ({ subcommands, choices }: TreeCommand) => [
  ...subcommands,
  ...choices.map((name) => ({ name, about: name })),
];
const words = (command: TreeCommand) =>
  [...following(command).map(({ name }) => name), ...command.options.map(({ long }) => long)].join(' ');
const withValue = ({ path, options }: TreeCommand): [at: string, option: TreeOption][] =>
  options.filter(({ takesValue }) => takesValue).map((option) => [`${path} ${option.long}`, option]);

const bash = (
  name: string,
  tree: readonly TreeCommand[],
) => `# bash completion of ${name}: source it, or put it where bash-completion looks
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} at='' next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next=\${at:+$at }\${COMP_WORDS[i]}
    case $next in
      ${paths(tree).map(quoted).join('|')}) at=$next ;;
    esac
  done
  COMPREPLY=()
  case "$at $before" in
${tree
  .flatMap(withValue)
  .map(([at, { choices }]) => {
    const reply = choices.length === 0 ? '' : `COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$cur")); `;
    return `    ${quoted(at)}) ${reply}return ;;`;
  })
  .join('\n')}
  esac
  case $at in
${tree.map((command) => `    ${quoted(command.path)}) COMPREPLY=($(compgen -W ${quoted(words(command))} -- "$cur")) ;;`).join('\n')}
  esac
}
complete -o default -F _${name} ${name}
`;

/** `name:what it is`; a colon in the name would end it. */
const described = (name: string, about: string) => quoted(`${name.replaceAll(':', '\\:')}:${about}`);

const zsh = (name: string, tree: readonly TreeCommand[]) => `#compdef ${name}
# zsh completion of ${name}: put it into a folder of $fpath as _${name}, or source it after compinit
_${name}() {
  local at='' next
  local -i i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    next=\${at:+$at }\${words[i]}
    case $next in
      (${paths(tree).map(quoted).join('|')}) at=$next ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${tree
  .flatMap(withValue)
  .map(
    ([at, { choices }]) =>
      `    (${quoted(at)}) ${choices.length === 0 ? '_files' : `compadd -- ${choices.map(quoted).join(' ')}`}; return ;;`,
  )
  .join('\n')}
  esac
  case $at in
${tree
  .map(
    (command) => `    (${quoted(command.path)})
      commands=(${following(command)
        .map((one) => described(one.name, one.about))
        .join(' ')})
      options=(${command.options.map((one) => described(one.long, one.about)).join(' ')}) ;;`,
  )
  .join('\n')}
  esac
  (( \${#commands} )) && _describe -t commands command commands
  [[ \${words[CURRENT]} == -* ]] && _describe -t options option options
  (( \${#commands} )) || _files
}
if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;

const fish = (
  name: string,
  tree: readonly TreeCommand[],
) => `# fish completion of ${name}: put it into ~/.config/fish/completions/${name}.fish
function __${name}_at
    set -l at
    for word in (commandline -opc)[2..-1]
        set -l next (string join ' ' -- $at $word)
        if contains -- $next ${paths(tree).map(fishQuoted).join(' ')}
            set at $next
        end
    end
    test "$at" = "$argv[1]"
end
${tree
  .flatMap((command) => {
    const { path, options } = command;
    const at = `complete -c ${name} -n ${fishQuoted(`__${name}_at ${fishQuoted(path)}`)}`;
    return [
      ...following(command).map((one) => `${at} -a ${fishQuoted(one.name)} -d ${fishQuoted(one.about)}`),
      ...options.map(({ long, about, takesValue, choices }) => {
        const value = choices.length > 0 ? ` -x -a ${fishQuoted(choices.join(' '))}` : takesValue ? ' -r' : '';
        return `${at} -l ${long.replace(/^--/, '')}${value} -d ${fishQuoted(about)}`;
      }),
    ];
  })
  .join('\n')}
`;

/** The script. @param name of the program */
export function completion(shell: Shell, name: string, tree: readonly TreeCommand[]): string {
  switch (shell) {
    case 'bash':
      return bash(name, tree);
    case 'zsh':
      return zsh(name, tree);
    case 'fish':
      return fish(name, tree);
    default:
      return shell satisfies never;
  }
}
