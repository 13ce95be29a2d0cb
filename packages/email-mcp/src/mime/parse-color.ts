/** 0 to 255 each; alpha 0 to 1. */
export interface Color {
  red: number;
  green: number;
  blue: number;
  alpha: number;
}

/** The names hidden text is made with; another name says nothing, and then nothing is concluded. */
const NAMED: Readonly<Record<string, string>> = {
  white: "ffffff",
  black: "000000",
  snow: "fffafa",
  ivory: "fffff0",
  ghostwhite: "f8f8ff",
  whitesmoke: "f5f5f5",
  floralwhite: "fffaf0",
  azure: "f0ffff",
  mintcream: "f5fffa",
  honeydew: "f0fff0",
  aliceblue: "f0f8ff",
  seashell: "fff5ee",
  red: "ff0000",
  green: "008000",
  blue: "0000ff",
  yellow: "ffff00",
  gray: "808080",
  grey: "808080",
  silver: "c0c0c0",
  navy: "000080",
};

/** A colour as CSS or an old attribute names it; null where it is not known. */
export function parseColor(text: string): Color | null {
  const word = text.trim().toLowerCase().split(/\s*!/)[0] ?? "";
  if (word === "transparent") return { red: 0, green: 0, blue: 0, alpha: 0 };
  const hex = NAMED[word] ?? /^#?([\da-f]{3,8})(?:\s|$)/.exec(word)?.[1];
  if (hex !== undefined) return fromHex(hex);
  const parts = /^rgba?\(([^)]*)\)/
    .exec(word)?.[1]
    ?.split(/[\s,/]+/)
    .filter((part) => part !== "");
  if (parts === undefined || parts.length < 3) return fromHsl(word);
  const [red = 0, green = 0, blue = 0] = parts.map((part) => share(part, 255));
  return { red, green, blue, alpha: parts[3] === undefined ? 1 : share(parts[3], 1) };
}

function share(part: string, whole: number): number {
  const value = Number.parseFloat(part);
  return part.endsWith("%") ? (value / 100) * whole : value;
}

function fromHex(hex: string): Color | null {
  const long = hex.length < 6 ? [...hex].map((digit) => digit + digit).join("") : hex;
  if (long.length !== 6 && long.length !== 8) return null;
  const at = (from: number) => Number.parseInt(long.slice(from, from + 2), 16);
  return { red: at(0), green: at(2), blue: at(4), alpha: long.length === 8 ? at(6) / 255 : 1 };
}

/** Only what is white or black in it: hues are not needed. */
function fromHsl(word: string): Color | null {
  const parts = /^hsla?\(([^)]*)\)/.exec(word)?.[1]?.match(/[\d.]+/g);
  if (!parts) return null;
  const alpha = parts[3] === undefined ? 1 : Number(parts[3]);
  const level = Number(parts[2]);
  if (alpha < 0.06) return { red: 0, green: 0, blue: 0, alpha };
  if (level < 97 && level > 3) return null;
  const value = level >= 97 ? 255 : 0;
  return { red: value, green: value, blue: value, alpha };
}

/** WCAG's ratio: 1 is the same, 21 is black on white. */
export function contrastOf(a: Color, b: Color): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance({ red, green, blue }: Color): number {
  const linear = (value: number) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}
