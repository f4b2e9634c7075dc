"""The weather providers that there are, by name."""

from pipeline.sources.weather.open_meteo import OpenMeteo
from pipeline.sources.weather.openweathermap import OpenWeatherMap
from pipeline.sources.weather.provider import Provider
from pipeline.sources.weather.weather_company import WeatherCompany

PROVIDERS: dict[str, Provider] = {
    provider.name: provider for provider in (OpenMeteo(), OpenWeatherMap(), WeatherCompany())
}
