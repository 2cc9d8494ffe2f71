// Words about warnings of other authorities.

import { speaks } from "../words.ts";

const EN = {
  title: "Other authorities",
  loading: "Being asked for …",
  failed: "Warnings of other authorities could not be loaded: {0}. That does not mean that there are none.",
  none: "No other authority warns of this area now.",
  unknown: "Nobody can say whether another authority warns: see below.",
  silent: "{0} was not read {1}: {2}",
  since: "since {0}",
  ever: "yet",
  refused: "Refused from {0}: {1}, the first: {2}",
  until: "until {0}",
  noExpiry: "has no expiry; shown until {0}",
  words: "area in words alone, perhaps not here: {0}",
  of_severity: "colour made of severity {0}, not the sender's",
  no_level: "no level given",
  relayed: "on our feeds",
  sent: "{0}, sent {1}",
  cut: "There are more than are shown here.",
};

export type ForeignWord = keyof typeof EN;

const ZH: Record<ForeignWord, string> = {
  title: "其他机构的预警",
  loading: "正在查询……",
  failed: "无法加载其他机构的预警：{0}。这不表示没有预警。",
  none: "目前没有其他机构对本区域发布预警。",
  unknown: "无法确定其他机构是否发布预警，见下。",
  silent: "来源{0}{1}未能读取：{2}",
  since: "自{0}起",
  ever: "至今",
  refused: "{0}：有{1}条消息未被接受，第一条：{2}",
  until: "有效至 {0}",
  noExpiry: "未给出失效时间，显示至 {0}",
  words: "只有文字区域，不一定涉及本区域：{0}",
  of_severity: "颜色由严重程度 {0} 换算，非发布者所定",
  no_level: "未给出级别",
  relayed: "已转发",
  sent: "{0}，发布于 {1}",
  cut: "还有更多未显示。",
};

/** The word in the page's language, `{0}` … filled in. */
export function f(word: ForeignWord, ...parts: (string | number)[]): string {
  const said = speaks() === "zh" ? ZH[word] : EN[word];
  return said.replace(/\{(\d)\}/g, (_, index: string) => String(parts[Number(index)] ?? ""));
}
