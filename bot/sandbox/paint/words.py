"""What a prompt asks for, read from its English and Chinese words."""

import re
from dataclasses import dataclass

# Each name with the words that mean it, English ones before the bar.
PLACES = {
    "sea": "sea ocean beach coast island bay harbor harbour wave surf seaside | "
    "海 大海 海洋 海边 沙滩 海岸 岛 浪",
    "lake": "lake river pond water reflection fjord | 湖 河 江 池塘 溪 水面 倒影",
    "mountain": "mountain mountains peak alps hill hills cliff volcano valley | 山 雪山 高山 山峰 火山 山谷",
    "forest": "forest woods wood jungle woodland grove | 森林 树林 丛林 林间 竹林",
    "city": "city town street skyline skyscraper tokyo shanghai paris york downtown cyberpunk metropolis | "
    "城市 都市 街 街道 高楼 上海 北京 东京 霓虹 赛博朋克",
    "desert": "desert dune dunes sahara sand canyon egypt pyramid | 沙漠 戈壁 沙丘 金字塔",
    "meadow": "meadow field garden grass grassland prairie farm village countryside park | "
    "草地 草原 田野 花园 花田 农场 村庄 乡村 公园",
    "space": "space galaxy planet universe nebula cosmos cosmic mars saturn astronaut orbit | "
    "太空 宇宙 银河 星系 星球 行星 火星 土星 宇航员",
    "underwater": "underwater reef coral seabed deep-sea aquarium | 海底 水下 珊瑚 深海 水族",
    "abstract": "abstract pattern geometric fractal swirl texture wallpaper bauhaus | "
    "抽象 几何 图案 纹理 壁纸",
}
# Of several places named, the one that can hold the others: a mountain lake is a lake.
RANK = ("abstract", "underwater", "space", "city", "lake", "sea", "desert", "forest", "meadow", "mountain")
HOURS = {
    "dawn": "dawn sunrise morning daybreak | 黎明 日出 早晨 清晨 朝霞",
    "day": "day noon daylight afternoon sunny bright | 白天 中午 下午 晴天 阳光 晴朗",
    "sunset": "sunset dusk evening twilight golden-hour | 日落 夕阳 黄昏 傍晚 晚霞",
    "night": "night midnight moonlight moonlit nocturnal dark neon cyberpunk starry | "
    "夜 夜晚 深夜 月光 午夜 星空 霓虹 赛博朋克",
}
WEATHERS = {
    "snow": "snow snowy snowfall blizzard snowing | 雪 下雪 雪地 大雪",
    "rain": "rain rainy raining drizzle | 雨 下雨 大雨 小雨",
    "fog": "fog foggy mist misty haze | 雾 薄雾 云雾",
    "storm": "storm stormy thunder lightning thunderstorm | 暴风雨 风暴 雷 闪电",
    "clouds": "cloud clouds cloudy overcast | 云 多云 云海",
    "aurora": "aurora northern-lights | 极光",
    "rainbow": "rainbow | 彩虹",
    "stars": "star stars starry milky-way constellation | 星星 星空 繁星 银河",
    "fireworks": "firework fireworks | 烟花 烟火",
}
SEASONS = {
    "autumn": "autumn fall maple october | 秋 秋天 枫叶 枫",
    "spring": "spring blossom cherry sakura april | 春 春天 樱花 桃花",
    "summer": "summer july | 夏 夏天",
    "winter": "winter frozen ice icy arctic | 冬 冬天 冰 寒冬 北极",
}
SUBJECTS = {
    "fox": "fox | 狐狸 狐",
    "cat": "cat kitten kitty | 猫 小猫 猫咪",
    "dog": "dog puppy corgi hound | 狗 小狗 犬 柯基",
    "wolf": "wolf | 狼",
    "rabbit": "rabbit bunny hare | 兔 兔子",
    "bear": "bear | 熊",
    "panda": "panda | 熊猫",
    "owl": "owl | 猫头鹰",
    "penguin": "penguin | 企鹅",
    "bird": "bird sparrow gull seagull crane crow swallow eagle | 鸟 小鸟 海鸥 鹤 乌鸦 燕子 鹰",
    "horse": "horse unicorn pony | 马 骏马 独角兽",
    "deer": "deer stag elk reindeer | 鹿 小鹿",
    "elephant": "elephant | 大象 象",
    "whale": "whale | 鲸 鲸鱼",
    "fish": "fish goldfish koi salmon shark | 鱼 金鱼 锦鲤 鲨鱼",
    "turtle": "turtle tortoise | 乌龟 海龟 龟",
    "butterfly": "butterfly moth | 蝴蝶",
    "dragon": "dragon | 龙",
    "person": "person man woman girl boy child traveler traveller wanderer samurai knight princess wizard | "
    "人 男人 女人 女孩 男孩 孩子 少女 少年 旅人 武士 骑士 公主 美女",
    "astronaut": "astronaut spaceman cosmonaut | 宇航员 太空人",
    "robot": "robot android mech | 机器人 机甲",
    "house": "house cottage cabin hut home barn | 房子 小屋 木屋 房屋",
    "castle": "castle palace fortress | 城堡 宫殿",
    "tower": "tower | 塔",
    "lighthouse": "lighthouse | 灯塔",
    "pagoda": "pagoda temple shrine | 寺 寺庙 宝塔 神社 古塔",
    "windmill": "windmill mill | 风车",
    "boat": "boat ship sailboat yacht sail | 船 帆船 小船 渔船",
    "balloon": "balloon balloons | 气球 热气球",
    "rocket": "rocket spaceship starship | 火箭 飞船",
    "tree": "tree oak pine willow | 树 大树 松树 柳树",
    "flower": "flower flowers rose tulip sunflower lotus | 花 花朵 玫瑰 郁金香 向日葵 莲花 荷花",
    "mushroom": "mushroom mushrooms | 蘑菇",
    "cactus": "cactus | 仙人掌",
    "cup": "cup coffee tea mug teacup | 杯 咖啡 茶",
    "heart": "heart love | 心 爱心 爱",
}
CELESTIAL = {
    "moon": "moon moonlight moonlit crescent | 月亮 月 月光 明月",
    "sun": "sun sunny sunlight | 太阳 阳光 日出 日落",
}
STYLES = {
    "ink": "ink sumi-e brush calligraphy | 水墨 水墨画 国画 山水",
    "watercolor": "watercolor watercolour gouache | 水彩",
    "neon": "neon cyberpunk synthwave vaporwave | 霓虹 赛博朋克 蒸汽波",
    "pixel": "pixel 8-bit pixelart voxel | 像素",
    "mono": "monochrome noir black-and-white grayscale charcoal sketch pencil | 黑白 素描 铅笔",
    "vintage": "vintage retro sepia poster | 复古 老照片 海报",
    "pastel": "pastel soft cute kawaii dreamy | 柔和 可爱 梦幻",
    "oil": "oil impressionist impressionism vangogh painterly | 油画 印象派",
    "vivid": "vivid vibrant colorful colourful psychedelic | 鲜艳 彩色 缤纷",
}
COLOURS = {
    "red": "red crimson scarlet | 红 赤",
    "orange": "orange amber | 橙 橘",
    "yellow": "yellow | 黄",
    "gold": "gold golden | 金色 金",
    "green": "green emerald | 绿 翠",
    "teal": "teal turquoise cyan | 青 碧",
    "blue": "blue azure navy | 蓝",
    "purple": "purple violet lavender | 紫",
    "pink": "pink | 粉",
    "brown": "brown | 棕 褐",
    "black": "black | 黑",
    "white": "white | 白",
    "grey": "grey gray | 灰",
    "silver": "silver | 银",
}
COUNTS = {"two": 2, "pair": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}
COUNTS |= {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "群": 5, "many": 5, "herd": 5, "flock": 5}

Index = dict[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """Something to draw in front of the scene."""

    name: str
    colour: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt as this painter understands it; what it does not know, it leaves out."""

    place: str = ""
    hour: str = ""
    weather: frozenset[str] = frozenset()
    season: str = ""
    subjects: tuple[Subject, ...] = ()
    celestial: str = ""
    style: str = ""
    colours: tuple[str, ...] = ()
    close: bool = False

    @property
    def known(self) -> tuple[str, ...]:
        """The words that will show, for whoever wants to tell."""
        found = [self.place, self.hour, *sorted(self.weather), self.season, self.celestial, self.style]
        return (*(subject.name for subject in self.subjects), *(word for word in found if word))


def read(text: str, without: str = "") -> Reading:
    """Read a prompt; ``without`` holds words to leave out (Midjourney's ``--no``)."""
    words = _words(text)
    unwanted = {name for word in _words(without) for index in _ALL for name in _meanings(word, index)}

    def first(index: Index) -> str:
        return next((name for name in _named(words, index) if name not in unwanted), "")

    subjects = tuple(
        subject for subject in _subjects(words) if subject.name not in unwanted and subject.count > 0
    )
    taken = {subject.colour for subject in subjects}
    named = [place for place in _named(words, _PLACES) if place not in unwanted]
    return Reading(
        place=min(named, key=RANK.index, default=""),
        hour=first(_HOURS),
        weather=frozenset(_named(words, _WEATHERS)) - unwanted,
        season=first(_SEASONS),
        subjects=subjects[:3],
        celestial=first(_CELESTIAL),
        style=first(_STYLES),
        colours=tuple(c for c in _named(words, _COLOURS) if c not in taken and c not in unwanted),
        close=bool({"portrait", "close-up", "closeup", "macro", "特写", "肖像", "头像"} & set(words)),
    )


def _table(names: dict[str, str]) -> Index:
    return {word: name for name, words in names.items() for word in words.replace("|", " ").split()}


_PLACES, _HOURS, _WEATHERS, _SEASONS = map(_table, (PLACES, HOURS, WEATHERS, SEASONS))
_SUBJECTS, _CELESTIAL, _STYLES, _COLOURS = map(_table, (SUBJECTS, CELESTIAL, STYLES, COLOURS))
_ALL = (_PLACES, _HOURS, _WEATHERS, _SEASONS, _SUBJECTS, _CELESTIAL, _STYLES, _COLOURS)
_CHINESE = sorted(
    {word for index in _ALL for word in index if not word.isascii()}
    | {word for word in COUNTS if not word.isascii()}
    | {"特写", "肖像", "头像"},
    key=len,
    reverse=True,
)
_PHRASES = "golden hour|northern lights|milky way|black and white|deep sea|close up|van gogh|8[- ]bit"
_TOKEN = re.compile("|".join([_PHRASES, r"[a-z]+(?:-[a-z]+)*|\d+", *map(re.escape, _CHINESE)]))


def _words(text: str) -> list[str]:
    """English words in lower case and the Chinese words we know, in their order."""
    found = _TOKEN.findall(text.lower())
    return [word.replace(" ", "-") if word != "van gogh" else "vangogh" for word in found]


def _meanings(word: str, index: Index) -> list[str]:
    for form in _forms(word):
        if form in index:
            return [index[form]]
    # A hyphenated word that we do not know as a whole is read by its parts.
    return [name for part in word.split("-") for name in _meanings(part, index)] if "-" in word else []


def _forms(word: str) -> tuple[str, ...]:
    if not word.isascii() or len(word) < 4:
        return (word,)
    forms = [word]
    if word.endswith("ves"):
        forms.append(word[:-3] + "f")
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("s"):
        forms.append(word[:-1])
    return tuple(forms)


def _named(words: list[str], index: Index) -> list[str]:
    found = [name for word in words for name in _meanings(word, index)]
    return list(dict.fromkeys(found))


def _subjects(words: list[str]) -> list[Subject]:
    found: dict[str, Subject] = {}
    colour, count = "", 1
    distance = 0  # words since the colour or the count
    for word in words:
        distance += 1
        if named := _meanings(word, _COLOURS):
            colour, distance = named[0], 0
        elif word in COUNTS:
            count, distance = COUNTS[word], 0
        if names := _meanings(word, _SUBJECTS):
            many = word.isascii() and word not in _SUBJECTS and word.endswith("s")
            for name in names:
                near = distance <= 3
                number = count if near and count > 1 else (3 if many else 1)
                found.setdefault(name, Subject(name, colour if near else "", number))
            colour, count = "", 1
    return list(found.values())
