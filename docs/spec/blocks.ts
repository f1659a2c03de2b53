import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Page } from './pages.js';

/** A fenced block of a page, with what the comment right above it says of it. */
export interface Block {
  readonly page: string;
  /** Of its opening fence, from 1. */
  readonly line: number;
  /** `sh`, `console`, `yaml`…; empty where the fence names none. */
  readonly language: string;
  readonly text: string;
  /** `<!-- not run: … -->`: why. */
  readonly notRun?: string;
  /** `<!-- stays -->`: the command goes on running, as in a terminal of its own. */
  readonly stays: boolean;
  /** `<!-- needs: python3 -->`: a program without which it is not run. */
  readonly needs?: string;
  /** `<!-- from: path -->`: the file that the block shows a part of. */
  readonly from?: string;
}

const FENCE = /^( *)(`{3,})(\S*)\s*$/;
const COMMENT = /^\s*<!--\s*(.*?)\s*-->\s*$/;

const said = (comment: string | undefined): Pick<Block, 'notRun' | 'stays' | 'needs' | 'from'> => {
  const [, notRun] = /^not run: *(.+)$/.exec(comment ?? '') ?? [];
  const [, needs] = /^needs: *(\S+)$/.exec(comment ?? '') ?? [];
  const [, from] = /^from: *(\S+)$/.exec(comment ?? '') ?? [];
  const optional = { ...(notRun !== undefined && { notRun }), ...(needs !== undefined && { needs }), ...(from !== undefined && { from }) };
  return { stays: comment === 'stays', ...optional };
};

/**
 * The fenced blocks of a page, in order. A block within a list item loses the item's indentation.
 * @throws Error for a block that is not closed
 */
export const blocksOf = ({ path, text }: Page): readonly Block[] => {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, indent = '', fence = '', language = ''] = FENCE.exec(lines[at] ?? '') ?? [];
    if (fence === '') continue;
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence);
    if (end < 0) throw new Error(`${path}:${at + 1}: this block is not closed`);
    const body = lines.slice(at + 1, end).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()));
    const [, comment] = COMMENT.exec(lines[at - 1] ?? '') ?? [];
    blocks.push({ page: path, line: at + 1, language, text: body.join('\n'), ...said(comment) });
    at = end;
  }
  return blocks;
};

const isOnPath = (program: string): boolean => (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

/** Why a block is not run here; undefined for one that is. */
export const reasonNotToRun = ({ notRun, needs }: Block): string | undefined =>
  notRun ?? (needs !== undefined && !isOnPath(needs) ? `${needs} is not on this machine` : undefined);

/** Whether a block is for a shell: `sh` holds commands, `console` commands with what they print. */
export const isForShell = ({ language }: Block): boolean => language === 'sh' || language === 'console';
