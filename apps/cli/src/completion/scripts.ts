/** The word by which a completion script calls back. */
export const COMPLETE = '__complete';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Bash takes a colon for the end of a word: words are cut at blanks, and what stands before the last colon is taken off again. */
const BASH = `_vfleet() {
  local line="\${COMP_LINE:0:COMP_POINT}" current prefix
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current="\${words[-1]}"
  mapfile -t COMPREPLY < <(vfleet ${COMPLETE} "\${words[@]:1}" 2>/dev/null)
  if [[ $current == *:* ]]; then
    prefix="\${current%"\${current##*:}"}"
    COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
  fi
  if [[ \${COMPREPLY[0]-} == */ ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _vfleet vfleet
`;

const ZSH = `#compdef vfleet
_vfleet() {
  local -a replies
  replies=("\${(@f)$(vfleet ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- \${replies:#*/}
  compadd -S '' -- \${(M)replies:#*/}
}
compdef _vfleet vfleet
`;

const FISH = `complete -c vfleet -f -a '(vfleet ${COMPLETE} (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`;

export const COMPLETION_SCRIPTS: { readonly [Name in Shell]: string } = { bash: BASH, zsh: ZSH, fish: FISH };
