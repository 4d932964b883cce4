// `putlog completion`: a script that lets a shell complete commands and options.
import { Argument } from 'commander';
import { treeOf } from './command-tree.ts';
import { completion, type Shell, shells } from './completion.ts';
import type { Within } from './within.ts';

export function addCompletion({ parent, terminal, examples }: Within): void {
  const command = parent
    .command('completion')
    .description('prints a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'which').choices(shells))
    .action((shell: Shell) => terminal.draw(completion(shell, parent.name(), treeOf(parent))));
  examples.give(
    command,
    ['source <(putlog completion bash)', 'in this bash; in ~/.bashrc for all'],
    ['putlog completion zsh > ~/.zfunc/_putlog', 'with ~/.zfunc in $fpath before compinit'],
    ['putlog completion fish > ~/.config/fish/completions/putlog.fish', 'for every fish'],
  );
}
